import { randomBytes } from 'node:crypto'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { allStarted } from './all-started.ts'
import { type DevCluster, folderOf } from './dev-cluster.ts'
import type { Servers } from './servers.ts'
import { chronosConfig, consoleConfig, consumerProxyConfig, producerProxyConfig } from './service-configs.ts'
import { type ServiceCommand, serviceProcess } from './service-process.ts'

/** Starts the console, which writes the documents of the proxies, and then the proxies. */
export async function startServices(
  cluster: DevCluster,
  { mariaDb }: Servers,
): Promise<{ readonly passwordFile: string }> {
  const passwordFile = await adminPassword(cluster)
  const { ports } = cluster
  const console = { name: 'console', service: 'console', admin: ports.consoleAdmin } as const
  await start(cluster, consoleConfig(cluster, { mariaDb, passwordFile }), console)
  await allStarted([
    ...ports.producerProxies.map((proxy, index) => {
      const name = `producer-proxy-${index + 1}`
      const command = { name, service: 'producer-proxy', admin: proxy.admin } as const
      return start(cluster, producerProxyConfig(cluster, name, proxy), command)
    }),
    ...ports.consumerProxies.map((proxy, index) => {
      const name = `consumer-proxy-${index + 1}`
      const command = { name, service: 'consumer-proxy', admin: proxy.admin } as const
      return start(cluster, consumerProxyConfig(cluster, name, proxy), command)
    }),
    ...ports.chronos.map((admin, index) => {
      const name = `chronos-${index + 1}`
      return start(cluster, chronosConfig(cluster, name, admin), { name, service: 'chronos', admin })
    }),
  ])
  return { passwordFile }
}

async function start(
  cluster: DevCluster,
  config: string,
  command: Omit<ServiceCommand, 'configFile'>,
): Promise<void> {
  const configFile = join(await folderOf(cluster, 'config'), `${command.name}.yaml`)
  await writeFile(configFile, config, { mode: 0o600 })
  const process = await serviceProcess(cluster, { ...command, configFile })
  await process.start()
}

/** The file with the administrator's password, made once. */
async function adminPassword(cluster: DevCluster): Promise<string> {
  const file = join(await folderOf(cluster, 'config'), 'admin-password')
  try {
    const handle = await open(file, 'wx', 0o600)
    await handle.writeFile(`${randomBytes(12).toString('base64url')}\n`)
    await handle.close()
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST')) throw thrown
  }
  return file
}
