// Storage keys: the layout of a real cluster's store, so that an etcd listing shows what the books show.
// Source: pkg/controlplane, storage prefixes of the registries (v1.36)

/** Resources whose place is not their plural name. */
const specialPrefixes: Readonly<Record<string, string>> = {
  nodes: 'minions',
  services: 'services/specs',
  endpoints: 'services/endpoints',
  replicationcontrollers: 'controllers',
  'ingresses.networking.k8s.io': 'ingress',
}

/** Groups that keep their name in the key. */
const groupsInKey = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io'])

/** `/registry/pods/`, `/registry/deployments/`, `/registry/example.com/widgets/`; with its final slash. */
export function resourcePrefix(group: string, resource: string, custom = false): string {
  const special = specialPrefixes[group === '' ? resource : `${resource}.${group}`]
  if (special !== undefined) return `/registry/${special}/`
  if (custom || groupsInKey.has(group)) return `/registry/${group}/${resource}/`
  return `/registry/${resource}/`
}

/** Key of one object below its resource's prefix. */
export function objectKey(prefix: string, namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? prefix + name : `${prefix}${namespace}/${name}`
}
