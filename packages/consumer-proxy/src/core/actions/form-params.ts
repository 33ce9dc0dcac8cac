import { hash } from 'node:crypto'
import type { AppendContext } from '@ddmq/common/registry'
import type { ContentDraft } from './content-draft.ts'
import { printJson } from './json-value.ts'

/** Every engine so far is Kafka or looks like it (architecture §3). */
const SOURCE = 'KAFKA'

const MSG_KEY_FIELD = 'carrera_msg_key'
export const PROPERTIES_FIELD = 'carrera_properties'

/** `FormParams` (consumer-proxy.md §13.1): the whole message as one field, then the context fields. */
export function addWholeMessage(draft: ContentDraft): void {
  draft.addField('params', draft.text())
  addContextFields(draft)
}

/** `FormParams2`: one field per member of the object, then the context fields; raw bytes are one field, as above. */
export function addMembers(draft: ContentDraft): void {
  if (draft.object === undefined) {
    addWholeMessage(draft)
    return
  }
  for (const [name, value] of Object.entries(draft.object)) {
    draft.addField(name, typeof value === 'string' ? value : printJson(value))
  }
  addContextFields(draft)
}

/** In the order of `appendContext`; the key is added once, by whichever of MSG_KEY and TOKEN comes first. */
function addContextFields(draft: ContentDraft): void {
  let keyAdded = false
  for (const wanted of draft.job.subscription.config.appendContext ?? []) {
    if (wanted === 'TOKEN') draft.addField('carrera_token', token(draft))
    if (wanted !== 'TOKEN' && wanted !== 'MSG_KEY') {
      addContextField(draft, wanted)
    } else if (!keyAdded) {
      draft.addField(MSG_KEY_FIELD, draft.job.key ?? null)
      keyAdded = true
    }
  }
}

function addContextField(draft: ContentDraft, wanted: Exclude<AppendContext, 'MSG_KEY' | 'TOKEN'>): void {
  const { job } = draft
  switch (wanted) {
    case 'TOPIC':
      return draft.addField('carrera_topic', job.topic)
    case 'GROUP':
      return draft.addField('carrera_group', job.subscription.group)
    case 'OFFSET':
      return draft.addField('carrera_offset', String(job.record.offset))
    case 'QID':
      return draft.addField('carrera_qid', job.qid)
    case 'SOURCE':
      return draft.addField('carrera_source', SOURCE)
    case 'PROPERTIES':
      return draft.addField(PROPERTIES_FIELD, propertiesJson(job.properties))
  }
}

/** A missing key counts as the text `null`. MD5 is what receivers check; it is no protection we rely on. */
function token({ job }: ContentDraft): string {
  const secret = `${job.key ?? 'null'}${job.subscription.config.tokenKey}`
  return hash('md5', secret, 'hex')
}

function propertiesJson(properties: ReadonlyMap<string, string>): string {
  return properties.size === 0 ? 'null' : JSON.stringify(Object.fromEntries(properties))
}
