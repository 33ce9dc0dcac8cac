import { z } from 'zod'
import { describeError } from '../errors/index.ts'
import { DocumentInvalidError } from './errors.ts'
import { normalizeDocument } from './normalize-document.ts'
import { nodePath } from './paths.ts'
import type { DocumentKind, Documents } from './registry.ts'
import { resolveReferences } from './resolve-references.ts'
import {
  brokerConfigSchema,
  cproxyConfigSchema,
  groupConfigSchema,
  pproxyConfigSchema,
  topicConfigSchema,
} from './schema/index.ts'
import { validateCProxy } from './validate-cproxy.ts'
import { validateGroup } from './validate-group.ts'
import { validatePProxy } from './validate-pproxy.ts'

interface KindRules<Document> {
  readonly schema: z.ZodType<Document>
  /** Rules across fields; each problem names its field. */
  readonly problems: (document: Document) => readonly string[]
}

const RULES: { readonly [Kind in DocumentKind]: KindRules<Documents[Kind]> } = {
  topic: { schema: topicConfigSchema, problems: () => [] },
  group: { schema: groupConfigSchema, problems: validateGroup },
  pproxy: { schema: pproxyConfigSchema, problems: validatePProxy },
  cproxy: { schema: cproxyConfigSchema, problems: validateCProxy },
  broker: { schema: brokerConfigSchema, problems: () => [] },
}

const NAME_FIELDS = {
  topic: 'topic',
  group: 'group',
  pproxy: 'instance',
  cproxy: 'instance',
  broker: 'brokerCluster',
} as const satisfies Record<DocumentKind, string>

/** Reads the text of a node as leniently as the original (§3) and checks it. Throws `REGISTRY_DOCUMENT_INVALID`. */
export function parseDocument<Kind extends DocumentKind>(
  kind: Kind,
  name: string,
  text: string,
): Documents[Kind] {
  let content: unknown
  try {
    content = normalizeDocument(resolveReferences(JSON.parse(text)))
  } catch (cause) {
    throw new DocumentInvalidError(`${nodePath(kind, name)} is not JSON: ${describeError(cause)}`, { cause })
  }
  return checkDocument(kind, name, content)
}

/** Checks shape and rules of a document, filling in defaults. Throws `REGISTRY_DOCUMENT_INVALID` with every problem. */
export function checkDocument<Kind extends DocumentKind>(
  kind: Kind,
  name: string,
  content: unknown,
): Documents[Kind] {
  const rules: KindRules<Documents[Kind]> = RULES[kind]
  const parsed = rules.schema.safeParse(content)
  const problems = parsed.success
    ? rules.problems(parsed.data)
    : parsed.error.issues.map(issue => `${issue.path.map(String).join('.')}: ${issue.message}`)
  if (!parsed.success || problems.length > 0) {
    throw new DocumentInvalidError(`${nodePath(kind, name)} is invalid: ${problems.join('; ')}`, {
      details: { kind, name, problems },
    })
  }
  return parsed.data
}

/** A document stored under another name than its own would configure the wrong one. Throws `REGISTRY_DOCUMENT_INVALID`. */
export function checkOwnName<Kind extends DocumentKind>(
  kind: Kind,
  name: string,
  document: Documents[Kind],
): void {
  const field = NAME_FIELDS[kind]
  const ownName: unknown = Reflect.get(document, field)
  if (ownName === name) return
  throw new DocumentInvalidError(`${nodePath(kind, name)} is invalid: ${field} is ${String(ownName)}`, {
    details: { kind, name },
  })
}
