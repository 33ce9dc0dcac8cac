import type { Stats } from '../app/stats.ts'

/** Text made safe for element content and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}

export interface StatusView {
  readonly stats: Stats
  readonly producerProxies: readonly string[]
  readonly consumerProxies: readonly string[]
  readonly brokerClusters: readonly string[]
  readonly problems: readonly { readonly path: string; readonly reason: string }[]
  readonly caller: string
}

/** The one page of the console: what runs where, and how far everybody has come. */
export function statusPage(view: StatusView): string {
  const topics = view.stats.topics.flatMap(({ topic, partitions }) =>
    partitions.map(at => [topic, at.brokerCluster, at.partition, at.startOffset, at.endOffset]),
  )
  const groups = view.stats.groups.map(row => [
    row.group,
    row.topic,
    row.brokerCluster,
    row.partition,
    row.committedOffset < 0 ? '-' : row.committedOffset,
    row.endOffset,
    row.lag,
  ])
  const services = [
    ...view.brokerClusters.map(name => ['broker cluster', name]),
    ...view.producerProxies.map(address => ['producer proxy', address]),
    ...view.consumerProxies.map(address => ['consumer proxy', address]),
  ]
  return page(
    `<header><h1>DDMQ</h1><form method="post" action="/sign-out">${escapeHtml(view.caller)}
<button>Sign out</button></form></header>
<h2>Services</h2>${table(['Kind', 'Address'], services)}
<h2>Topics</h2>${table(['Topic', 'Broker cluster', 'Partition', 'Start', 'End'], topics)}
<h2>Groups</h2>${table(['Group', 'Topic', 'Broker cluster', 'Partition', 'Committed', 'End', 'Lag'], groups)}
<h2>Problems</h2>${table(
      ['Document', 'Reason'],
      [
        ...view.problems.map(({ path, reason }) => [path, reason]),
        ...view.stats.problems.map(problem => ['-', problem]),
      ],
    )}`,
  )
}

export function signInPage(message: string): string {
  const note = message === '' ? '' : `<p role="alert">${escapeHtml(message)}</p>`
  return page(`<h1>DDMQ</h1>${note}
<form method="post" action="/sign-in">
<label>Name <input name="username" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Sign in</button>
</form>`)
}

function table(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  if (rows.length === 0) return '<p>none</p>'
  return `<table><thead>${tableRow('th', heads)}</thead><tbody>${rows.map(row => tableRow('td', row)).join('\n')}</tbody></table>`
}

function tableRow(tag: string, cells: readonly (string | number)[]): string {
  return `<tr>${cells.map(cell => `<${tag}>${escapeHtml(String(cell))}</${tag}>`).join('')}</tr>`
}

function page(body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>DDMQ</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/style.css"></head>
<body><main>${body}</main></body></html>
`
}

export const STYLE = `body { font: 16px/1.5 system-ui, sans-serif; margin: 0; color: #1c1e21; background: #fafafa }
main { max-width: 60rem; margin: 0 auto; padding: 1rem }
header { display: flex; justify-content: space-between; align-items: center }
table { border-collapse: collapse; width: 100%; background: #fff }
th, td { text-align: left; padding: .3rem .6rem; border: 1px solid #ddd; overflow-wrap: anywhere }
label { display: block; margin: .5rem 0 }
[role=alert] { color: #b00020 }
`
