// Which checks make up a policy such as `restricted:v1.30`, and what a namespace's labels ask for.
// Source: k8s.io/pod-security-admission, policy/registry.go and api/helpers.go (v0.36)
import { field, invalid } from '../../apimachinery/field.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import * as baseline from './baseline-checks.ts'
import type { Check, PodView, Violation } from './pod-view.ts'
import * as restricted from './restricted-checks.ts'

export type Level = 'privileged' | 'baseline' | 'restricted'
const levels: readonly Level[] = ['privileged', 'baseline', 'restricted']

export interface LevelVersion {
  readonly level: Level
  /** Minor version; undefined is `latest`. */
  readonly minor: number | undefined
}

export interface Policy {
  readonly enforce: LevelVersion
  readonly warn: LevelVersion
}

interface VersionedCheck {
  readonly check: Check
  /** The first minor version that has it. */
  readonly since?: number
  /** In the restricted policy another check takes its place from this minor version on. */
  readonly overriddenSince?: number
}

/** The newest minor version in which a check changed: `latest` means this one. */
const newestMinor = 35

const baselineChecks: readonly VersionedCheck[] = [
  { check: baseline.appArmorProfile },
  { check: baseline.capabilitiesBaseline, overriddenSince: 22 },
  { check: baseline.hostNamespaces },
  { check: baseline.hostPathVolumes, overriddenSince: 0 },
  { check: baseline.hostPorts },
  { check: baseline.hostProbesAndHostLifecycle, since: 34 },
  { check: baseline.privileged },
  { check: baseline.procMount, overriddenSince: 35 },
  { check: baseline.seLinuxOptions },
  { check: baseline.seccompProfileBaseline, overriddenSince: 19 },
  { check: baseline.sysctls },
  { check: baseline.windowsHostProcess },
]

const restrictedChecks: readonly VersionedCheck[] = [
  { check: restricted.allowPrivilegeEscalation, since: 8 },
  { check: restricted.capabilitiesRestricted, since: 22 },
  { check: restricted.procMountRestricted, since: 35 },
  { check: restricted.restrictedVolumes },
  { check: restricted.runAsNonRoot },
  { check: restricted.runAsUser, since: 23 },
  { check: restricted.seccompProfileRestricted, since: 19 },
]

/** Everything about the pod that the policy does not allow, in the order of texts. */
export function violations({ level, minor = newestMinor }: LevelVersion, pod: PodView): Violation[] {
  if (level === 'privileged') return []
  const version = Math.min(minor, newestMinor)
  const checks = [
    ...baselineChecks.filter(({ overriddenSince = Infinity }) => level === 'baseline' || version < overriddenSince),
    ...(level === 'restricted' ? restrictedChecks : []),
  ]
  return checks.flatMap(({ check, since = 0 }) => (version >= since ? (check(pod, version) ?? []) : []))
}

export function printViolations(found: readonly Violation[]): string {
  return found.map(({ reason, detail }) => `${reason} (${detail})`).join(', ')
}

export function printLevelVersion({ level, minor }: LevelVersion): string {
  return `${level}:${minor === undefined ? 'latest' : `v1.${minor}`}`
}

export function equalLevelVersions(a: LevelVersion, b: LevelVersion): boolean {
  return a.level === b.level && a.minor === b.minor
}

/** Below zero if `a` allows more than `b`. */
export function compareLevels(a: Level, b: Level): number {
  return levels.indexOf(a) - levels.indexOf(b)
}

const prefix = 'pod-security.kubernetes.io/'
const open: LevelVersion = { level: 'privileged', minor: undefined }

interface ReadPolicy {
  readonly policy: Policy
  readonly errors: readonly FieldError[]
}

/** By labels that are stored, which nobody changes: every pod asks for those of its namespace. */
const known = new WeakMap<Labels, ReadPolicy>()

type Labels = Readonly<Record<string, string>>

/** What a namespace's labels say. A level that cannot be read restricts where it enforces, and nowhere else. */
export function policyOf(labels: Labels | undefined): ReadPolicy {
  if (labels === undefined) return { policy: { enforce: open, warn: open }, errors: [] }
  const before = known.get(labels)
  if (before !== undefined) return before
  const read = readPolicy(labels)
  if (Object.isFrozen(labels)) known.set(labels, read)
  return read
}

function readPolicy(labels: Labels): ReadPolicy {
  const errors: FieldError[] = []
  const report = (label: string, value: string, problem: string) => {
    errors.push(invalid(field('metadata', 'labels').key(prefix + label), value, problem))
  }
  const read = (
    mode: string,
    fallback: Level,
  ): LevelVersion & { given: boolean; valid: boolean; versionGiven: boolean } => {
    const level = labels[prefix + mode]
    const version = labels[`${prefix}${mode}-version`]
    const valid = level !== undefined && (levels as readonly string[]).includes(level)
    if (level !== undefined && !valid) report(mode, level, `must be one of ${levels.join(', ')}`)
    const match = version === undefined ? null : /^v1\.([0-9]|[1-9][0-9]*)$/.exec(version)
    if (version !== undefined && version !== 'latest' && match === null)
      report(`${mode}-version`, version, 'must be "latest" or "v1.x"')
    return {
      level: level === undefined ? 'privileged' : valid ? (level as Level) : fallback,
      minor: match === null ? undefined : Number(match[1]),
      given: level !== undefined,
      valid,
      versionGiven: version !== undefined,
    }
  }
  const enforce = read('enforce', 'restricted')
  read('audit', 'privileged')
  let warn: LevelVersion & { given: boolean; versionGiven: boolean } = read('warn', 'privileged')
  // Who is going to be refused is warned, where templates are made.
  if (!warn.given && enforce.valid && compareLevels(enforce.level, warn.level) > 0) {
    warn = { ...warn, level: enforce.level, minor: warn.versionGiven ? warn.minor : enforce.minor }
  }
  const plain = ({ level, minor }: LevelVersion): LevelVersion => ({ level, minor })
  return { policy: { enforce: plain(enforce), warn: plain(warn) }, errors }
}
