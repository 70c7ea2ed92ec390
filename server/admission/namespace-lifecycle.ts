// NamespaceLifecycle: nothing is created in a namespace that is missing or going away; some namespaces stay forever.
// Source: staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle (v1.36)
// Upstream waits for its cache to catch up before it refuses; reads here are of committed state, so that nothing waits.
import { newForbidden, newNotFound } from '../apimachinery/errors.ts'
import type { Namespace } from '../api/core.ts'
import type { Frozen } from '../apimachinery/types.ts'
import { forbiddenBy } from './forbidden.ts'
import type { AdmissionPlugin } from './plugin.ts'

const immortalNamespaces = new Set(['default', 'kube-system', 'kube-public'])

export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',

  admit(attributes, reader) {
    const { operation, group, resource, namespace: name } = attributes
    if (operation !== 'CREATE' && operation !== 'UPDATE') return
    if (name === '' || (resource === 'namespaces' && group === '')) return
    // Reviews answer the same whether a namespace exists or not, so as not to tell.
    if (resource === 'localsubjectaccessreviews' && group === 'authorization.k8s.io') return
    const namespace = reader.get('namespaces', undefined, name) as Frozen<Namespace> | undefined
    if (namespace === undefined) throw newNotFound({ group: '', resource: 'namespaces' }, name)
    if (operation !== 'CREATE' || namespace.status?.phase !== 'Terminating') return
    const cause = {
      reason: 'NamespaceTerminating',
      message: `namespace ${name} is being terminated`,
      field: 'metadata.namespace',
    }
    throw forbiddenBy(attributes, `unable to create new content in namespace ${name} because it is being terminated`, [
      cause,
    ])
  },

  validate(attributes) {
    const { operation, group, resource, name } = attributes
    if (operation !== 'DELETE' || resource !== 'namespaces' || group !== '' || !immortalNamespaces.has(name)) return
    throw newForbidden({ group, resource }, name, 'this namespace may not be deleted')
  },
}
