import { JAVA, javaArgs } from './java.ts'
import { besidePom, mavenJars } from './maven-jars.ts'
import { run } from './run.ts'

/**
 * What one of Kafka's own Java tools prints: an independent witness of what is stored. For example
 * `kafkaTool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', ['--bootstrap-server', …])`.
 */
export async function kafkaTool(mainClass: string, args: readonly string[]): Promise<string> {
  const flags = [`-Dlog4j2.configurationFile=${besidePom('kafka-tools', 'log4j2.properties')}`]
  const java = javaArgs({ jars: await mavenJars('kafka-tools'), mainClass, heapMb: 256, flags })
  return run(JAVA, [...java, ...args], { withinMs: 120_000 })
}
