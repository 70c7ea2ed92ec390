// Whether a device is one that a class or a request asks for: CEL expressions over its attributes and capacities.
// Source: dynamic-resource-allocation/cel, DeviceMatches and parseQualifiedName (v1.36)
import { compileForDevice } from '../../apimachinery/cel/device.ts'
import { evaluate } from '../../apimachinery/cel/evaluate.ts'
import type { Compiled } from '../../apimachinery/cel/index.ts'
import { kubernetesFunctions, QuantityValue } from '../../apimachinery/cel/kubernetes-values.ts'
import type { MapKey, Value } from '../../apimachinery/cel/values.ts'
import { parseQuantity } from '../../apimachinery/quantity.ts'
import type { DeviceAttribute } from '../../api/resource.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import type { PoolDevice } from './pools.ts'

const compiled = new Map<string, Compiled>()
const MAX_COMPILED = 1000

/** @throws Error if the expression makes no sense, or not for this device */
export function deviceMatches(expression: string, candidate: PoolDevice): boolean {
  let program = compiled.get(expression)
  if (program === undefined) {
    try {
      program = compileForDevice(expression)
    } catch (error) {
      throw new Error(`CEL compile error: ${messageOf(error)}`, { cause: error })
    }
    if (compiled.size >= MAX_COMPILED) compiled.clear()
    compiled.set(expression, program)
  }
  let verdict: Value
  try {
    verdict = evaluate(program.node, new Map([['device', valueOf(candidate)]]))
  } catch (error) {
    throw new Error(`CEL runtime error: ${messageOf(error)}`, { cause: error })
  }
  return verdict === true
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** A domain that the device does not have is empty. */
class Domains extends Map<MapKey, Value> {
  override get(key: MapKey): Value | undefined {
    return super.get(key) ?? new Map<MapKey, Value>()
  }
}

const values = new WeakMap<object, Value>()

function valueOf({ driver, device }: PoolDevice): Value {
  const known = values.get(device)
  if (known !== undefined) return known
  const attributes = byDomain(device.attributes, driver, attributeValue)
  const capacity = byDomain(device.capacity, driver, ({ value }) => new QuantityValue(parseQuantity(value)))
  const value = new Map<MapKey, Value>([
    ['driver', driver],
    ['allowMultipleAllocations', device.allowMultipleAllocations === true],
    ['attributes', attributes],
    ['capacity', capacity],
  ])
  values.set(device, value)
  return value
}

/** A name without a domain is one of the driver's. */
function byDomain<T>(
  members: Readonly<Record<string, T>> | undefined,
  driver: string,
  read: (member: T) => Value,
): Domains {
  const domains = new Domains()
  for (const [name, member] of Object.entries(members ?? {})) {
    const slash = name.indexOf('/')
    const domain = slash < 0 ? driver : name.slice(0, slash)
    let ids = domains.has(domain) ? (domains.get(domain) as Map<MapKey, Value>) : undefined
    if (ids === undefined) domains.set(domain, (ids = new Map()))
    ids.set(name.slice(slash + 1), read(member))
  }
  return domains
}

function attributeValue({ string, int, bool, version }: Frozen<DeviceAttribute>): Value {
  if (string !== undefined) return string
  if (int !== undefined) return BigInt(int)
  if (bool !== undefined) return bool
  if (version !== undefined) return kubernetesFunctions['semver']!(version)
  throw new Error('unsupported attribute value')
}
