// For tests of plugins: a reader over given objects, and the attributes of a request.
import type { AnyObject } from '../apimachinery/types.ts'
import type { AdmissionReader, Attributes } from './plugin.ts'

/** Objects by resource, `pods` or `deployments.apps`. */
export class FakeReader implements AdmissionReader {
  readonly #objects = new Map<string, AnyObject[]>()

  constructor(objects: Readonly<Record<string, readonly object[]>> = {}) {
    for (const [resource, list] of Object.entries(objects)) this.#objects.set(resource, list as AnyObject[])
  }

  get(resource: string, namespace: string | undefined, name: string): AnyObject | undefined {
    return this.list(resource, namespace).find((object) => object.metadata?.name === name)
  }

  list(resource: string, namespace?: string): AnyObject[] {
    const all = this.#objects.get(resource) ?? []
    return all.filter((object) => namespace === undefined || object.metadata?.namespace === namespace)
  }

  add(resource: string, object: object): void {
    this.#objects.set(resource, [...(this.#objects.get(resource) ?? []), object as AnyObject])
  }
}

/** A creation of a pod in the namespace `ns`, unless told otherwise. */
export function request(
  object: object | undefined,
  more: Partial<Attributes> = {},
): Attributes & { readonly warnings: string[] } {
  const warnings: string[] = []
  return {
    operation: 'CREATE',
    group: '',
    version: 'v1',
    resource: 'pods',
    subresource: '',
    kind: 'Pod',
    namespace: 'ns',
    name: (object as AnyObject | undefined)?.metadata?.name ?? '',
    object: object as AnyObject | undefined,
    oldObject: undefined,
    user: { name: 'admin', groups: ['system:masters'] },
    dryRun: false,
    warn: (text) => warnings.push(text),
    warnings,
    ...more,
  }
}

export function pod(name: string, spec: object = {}, metadata: object = {}): AnyObject {
  return {
    metadata: { name, namespace: 'ns', ...metadata },
    spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec },
  }
}
