// What the devices of several requests must have in common, or must not.
// Source: dynamic-resource-allocation/structured/internal/incubating, matchAttributeConstraint and
// distinctAttributeConstraint (v1.36)
import type { DeviceAttribute, DeviceConstraint } from '../../api/resource.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import type { PoolDevice } from './pools.ts'

export class AttributeConstraint {
  readonly #requests: ReadonlySet<string>
  readonly #attribute: string
  readonly #isDistinct: boolean
  readonly #values: string[] = []

  constructor({ requests = [], matchAttribute, distinctAttribute }: Frozen<DeviceConstraint>) {
    this.#requests = new Set(requests)
    this.#attribute = matchAttribute ?? distinctAttribute ?? ''
    this.#isDistinct = matchAttribute === undefined
  }

  /** @param names under which constraints may mean the request @returns false if the device must not be added */
  add(names: readonly string[], device: PoolDevice): boolean {
    if (!this.#means(names)) return true
    const value = attributeOf(device, this.#attribute)
    if (value === undefined) return false
    const isThere = this.#values.includes(value)
    if (this.#isDistinct ? isThere : this.#values.length > 0 && !isThere) return false
    this.#values.push(value)
    return true
  }

  /** The one that was added last. */
  remove(names: readonly string[]): void {
    if (this.#means(names)) this.#values.pop()
  }

  #means(names: readonly string[]): boolean {
    return this.#requests.size === 0 || names.some((name) => this.#requests.has(name))
  }
}

/** With its type; an attribute of the driver's own domain may be named without it. */
function attributeOf({ device, driver }: PoolDevice, name: string): string | undefined {
  const slash = name.indexOf('/')
  const own = slash >= 0 && name.slice(0, slash) === driver ? device.attributes?.[name.slice(slash + 1)] : undefined
  const attribute: Frozen<DeviceAttribute> | undefined = device.attributes?.[name] ?? own
  return attribute === undefined ? undefined : JSON.stringify(Object.entries(attribute)[0])
}
