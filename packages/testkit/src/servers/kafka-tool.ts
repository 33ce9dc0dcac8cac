import { JAVA, javaArgs } from './java.ts'
import { besidePom, mavenJars } from './maven-jars.ts'
import { run } from './run.ts'

/** As much as Kafka's own scripts give the tool that needs the most. */
const HEAP_MB = 512

/**
 * What one of Kafka's own Java tools prints: an independent witness of what is stored. For example
 * `kafkaTool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', ['--bootstrap-server', …])`. One that is
 * measured runs as Java would run it; the others start sooner.
 */
export async function kafkaTool(
  mainClass: string,
  args: readonly string[],
  { isMeasured = false }: { readonly isMeasured?: boolean } = {},
): Promise<string> {
  const flags = [`-Dlog4j2.configurationFile=${besidePom('kafka-tools', 'log4j2.properties')}`]
  const java = javaArgs({
    jars: await mavenJars('kafka-tools'),
    mainClass,
    heapMb: HEAP_MB,
    flags,
    isMeasured,
  })
  return run(JAVA, [...java, ...args], { withinMs: 120_000 })
}
