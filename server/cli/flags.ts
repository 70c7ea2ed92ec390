// Values of flags: from text to what it means, or one sentence about what is wrong with it.
import { isIP, isIPv4 } from 'node:net'
import { InvalidArgumentError } from 'commander'
import { parseDuration } from '../apimachinery/go-duration.ts'
import { isIPv6, parseCIDR } from '../apimachinery/ip.ts'
import { MAX_SPEED } from '../apimachinery/cluster-clock.ts'
import { knownPlugins } from '../admission/chain.ts'
import { controllerEntry } from '../controller-names.ts'
import { componentNames, type ComponentName } from '../options.ts'

/** More nodes than this have never been tried in one process. */
const maxNodes = 5000

export function parsePort(text: string): number {
  return integer(text, 0, 65535)
}

export function parseNodes(text: string): number {
  return integer(text, 0, maxNodes)
}

/** `1:5`, the smallest and the largest number of nodes. */
export function parseAutoscale(text: string): { min: number; max: number } {
  const match = /^(\d+):(\d+)$/.exec(text)
  const min = Number(match?.[1])
  const max = Number(match?.[2])
  if (match === null || min < 1 || max < min || max > maxNodes) {
    throw new InvalidArgumentError(`It must be two numbers of nodes from 1 to ${maxNodes}, such as 1:5.`)
  }
  return { min, max }
}

/** Source: kubelet flag --max-pods */
export function parseMaxPods(text: string): number {
  return integer(text, 1, 65_533)
}

/** `60` or `60x`: seconds of the cluster for each real one. */
export function parseSpeed(text: string): number {
  const speed = /^\d+(\.\d+)?x?$/.test(text) ? Number.parseFloat(text) : Number.NaN
  if (!(speed >= 0 && speed <= MAX_SPEED)) {
    throw new InvalidArgumentError(`It must be a number from 0 to ${MAX_SPEED}, such as 60 or 0.5.`)
  }
  return speed
}

/** `5m`, as it is. */
export function parseStep(text: string): string {
  if (parseInterval(text) <= 0) throw new InvalidArgumentError('It must be a duration above 0, such as 30s or 5m.')
  return text
}

/** `stopped`, `60x`, `2030-01-01T00:00:00Z`, or a time and one of the others, in any order. */
export function parseClock(text: string): { startMs?: number; speed?: number } {
  const chosen: { startMs?: number; speed?: number } = {}
  for (const part of parseList(text)) {
    const isTime = /^\d{4}-\d\d-\d\dT/.test(part)
    const value = isTime
      ? Date.parse(part)
      : part === 'stopped'
        ? 0
        : part.endsWith('x')
          ? parseSpeed(part)
          : Number.NaN
    const member = isTime ? 'startMs' : 'speed'
    if (Number.isNaN(value) || chosen[member] !== undefined) {
      throw new InvalidArgumentError('It must be stopped, a speed such as 60x, a time such as 2030-01-01T00:00:00Z.')
    }
    chosen[member] = value
  }
  return chosen
}

export function parseVerbosity(text: string): number {
  return integer(text, 0, 10)
}

function integer(text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max))
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
  return value
}

export function parseAddress(text: string): string {
  if (isIP(text) === 0) throw new InvalidArgumentError('It must be an IP address.')
  return text
}

/** `10.0.0.0/24`. A range holds at least 8 addresses and at most 2^20, as with the real flag. */
export function parseServiceRange(text: string): string {
  const [base = '', bits = '', ...rest] = text.split('/')
  const length = /^\d+$/.test(bits) ? Number(bits) : Number.NaN
  if (!isIPv4(base) || !(length >= 12 && length <= 29) || rest.length > 0) {
    throw new InvalidArgumentError('It must be an IPv4 range from /12 to /29, such as 10.0.0.0/24.')
  }
  return text
}

/** `10.244.0.0/16`, or one IPv4 and one IPv6 range: at least one node must find room, with a /24 or a /64. */
export function parseClusterCIDR(text: string): string {
  const ranges = text.split(',').map((one) => parseCIDR(one))
  const families = new Set(ranges.map((range) => range?.network.bytes.length))
  const fits = ranges.every((range) => range !== undefined && range.prefixLength <= (isIPv6(range.network) ? 64 : 24))
  if (!fits || families.size !== ranges.length) {
    throw new InvalidArgumentError('It must be an IPv4 range up to /24, an IPv6 range up to /64, or both with a comma.')
  }
  return text
}

/** `172.31.255.0/24` */
export function parseLoadBalancerCIDR(text: string): string {
  const range = parseCIDR(text)
  if (range === undefined || isIPv6(range.network) || range.prefixLength > 30) {
    throw new InvalidArgumentError('It must be an IPv4 range up to /30, such as 172.31.255.0/24.')
  }
  return text
}

/** `5m0s`, in milliseconds. */
export function parseInterval(text: string): number {
  try {
    const milliseconds = parseDuration(text)
    if (milliseconds >= 0) return milliseconds
  } catch {
    // One sentence for all that is wrong with it.
  }
  throw new InvalidArgumentError('It must be a duration, such as 30s or 5m.')
}

/** `30000-32767`, both included. */
export function parsePortRange(text: string): { from: number; to: number } {
  const match = /^(\d+)-(\d+)$/.exec(text)
  const from = Number(match?.[1])
  const to = Number(match?.[2])
  if (match === null || from < 1 || to > 65535 || from > to) {
    throw new InvalidArgumentError('It must be a range of ports, such as 30000-32767.')
  }
  return { from, to }
}

/** A flag that may be given several times, each time with one value or several with commas between. */
export function parseList(text: string, earlier: readonly string[] = []): string[] {
  return [
    ...earlier,
    ...text
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== ''),
  ]
}

export function parseComponents(text: string, earlier?: readonly ComponentName[]): ComponentName[] {
  return parseList(text, earlier).map((name) => {
    const known = componentNames.find((one) => one === name)
    if (known === undefined) throw new InvalidArgumentError(`${name} is none of ${componentNames.join(', ')}.`)
    return known
  })
}

export function parseControllers(text: string, earlier?: readonly string[]): string[] {
  return parseList(text, earlier).map((entry) => {
    try {
      return controllerEntry(entry)
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
    }
  })
}

/** `true` or `false`, as Go's flags take them. */
export function parseBoolean(text: string): boolean {
  if (['true', 'True', 'TRUE', 't', 'T', '1'].includes(text)) return true
  if (['false', 'False', 'FALSE', 'f', 'F', '0'].includes(text)) return false
  throw new InvalidArgumentError('It must be true or false.')
}

export function parseAdmissionPlugins(text: string, earlier?: readonly string[]): string[] {
  return parseList(text, earlier).map((name) => {
    if (!knownPlugins.includes(name)) {
      throw new InvalidArgumentError(`There is no admission plugin ${name}: there are ${knownPlugins.join(', ')}.`)
    }
    return name
  })
}
