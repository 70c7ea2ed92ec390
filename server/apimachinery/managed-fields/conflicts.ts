// What somebody else owns and an applied configuration would change.
// Source: k8s.io/apimachinery/pkg/util/managedfields/internal, NewConflictError (v1.36)
import { newApplyConflict, type StatusError } from '../errors.ts'
import { printPaths, type FieldSet } from './field-set.ts'
import type { Manager } from './managers.ts'

export interface Conflict {
  readonly id: string
  readonly manager: Manager
  readonly set: FieldSet
}

export class Conflicts extends Error {
  override readonly name = 'Conflicts'
  readonly conflicts: readonly Conflict[]

  constructor(conflicts: readonly Conflict[]) {
    super('conflicts with other field managers')
    this.conflicts = [...conflicts].sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  toStatusError(): StatusError {
    const owners = this.conflicts.map(({ manager, set }) => ({ owner: printManager(manager), paths: printPaths(set) }))
    const causes = owners.flatMap(({ owner, paths }) =>
      paths.map((path) => ({ reason: 'FieldManagerConflict', message: `conflict with ${owner}`, field: path })),
    )
    if (causes.length === 1) {
      const [{ owner, paths }] = owners as [(typeof owners)[number]]
      return newApplyConflict(`Apply failed with 1 conflict: conflict with ${owner}: ${paths[0]!}`, causes)
    }
    const lines = owners.flatMap(({ owner, paths }) => [
      `conflicts with ${owner}:`,
      ...paths.map((path) => `- ${path}`),
    ])
    return newApplyConflict(`Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`, causes)
  }
}

/** `"hpa" with subresource "scale" using apps/v1`; an applier has no version. */
function printManager({ name, operation, subresource, apiVersion }: Manager): string {
  const where = subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`
  return `${JSON.stringify(name)}${where}${operation === 'Update' ? ` using ${apiVersion}` : ''}`
}
