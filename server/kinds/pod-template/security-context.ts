// Security contexts of pods and containers: ids, profiles, sysctls, Windows options.
// Source: pkg/apis/core/validation, ValidateSecurityContext, validatePodSpecSecurityContext (v1.36)
import type {
  AppArmorProfile,
  PodSecurityContext,
  PodSpec,
  SeccompProfile,
  SecurityContext,
  WindowsSecurityContextOptions,
} from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { duplicate, invalid, notSupported, required, tooLong } from '../../apimachinery/field.ts'
import { byteLength, isDNS1123Subdomain, isValidUserID } from '../../apimachinery/formats.ts'
import { internalValue } from '../internal-form/index.ts'
import { invalids } from '../metadata/field-formats.ts'
import { validateLocalDescendingPath } from './paths.ts'

function validateId(id: number | undefined, path: FieldPath): FieldError[] {
  return id === undefined ? [] : invalids(path, id, isValidUserID(id))
}

/** @param hostUsers false if the pod has a user namespace of its own */
export function validateSecurityContext(
  context: SecurityContext | undefined,
  path: FieldPath,
  hostUsers: boolean,
): FieldError[] {
  if (context === undefined) return []
  const { procMount, privileged, allowPrivilegeEscalation, capabilities } = context
  const errors = [
    ...validateId(context.runAsUser, path.child('runAsUser')),
    ...validateId(context.runAsGroup, path.child('runAsGroup')),
  ]
  if (procMount !== undefined) {
    const here = path.child('procMount')
    if (procMount !== 'Default' && procMount !== 'Unmasked')
      errors.push(notSupported(here, procMount, ['Default', 'Unmasked']))
    if (hostUsers && procMount === 'Unmasked')
      errors.push(invalid(here, procMount, '`hostUsers` must be false to use `Unmasked`'))
  }
  errors.push(...validateSeccompProfile(context.seccompProfile, path.child('seccompProfile')))
  if (allowPrivilegeEscalation === false) {
    const refuse = (what: string): void => {
      const detail = `cannot set \`allowPrivilegeEscalation\` to false and ${what}`
      errors.push(invalid(path, internalValue('SecurityContext', context), detail))
    }
    if (privileged === true) refuse('`privileged` to true')
    for (const capability of capabilities?.add ?? []) {
      if (capability === 'CAP_SYS_ADMIN') refuse('`capabilities.Add` CAP_SYS_ADMIN')
    }
  }
  return [
    ...errors,
    ...validateWindowsOptions(context.windowsOptions, path.child('windowsOptions')),
    ...validateAppArmorProfile(context.appArmorProfile, path.child('appArmorProfile')),
  ]
}

export function validatePodSecurityContext(spec: PodSpec, path: FieldPath): FieldError[] {
  const context = spec.securityContext
  if (context === undefined) return []
  const { fsGroupChangePolicy, supplementalGroupsPolicy, seLinuxChangePolicy } = context
  const errors = [
    ...validateId(context.fsGroup, path.child('fsGroup')),
    ...validateId(context.runAsUser, path.child('runAsUser')),
    ...validateId(context.runAsGroup, path.child('runAsGroup')),
    ...(context.supplementalGroups ?? []).flatMap((id, at) =>
      validateId(id, path.child('supplementalGroups').index(at)),
    ),
  ]
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    errors.push(
      invalid(path.child('shareProcessNamespace'), true, 'ShareProcessNamespace and HostPID cannot both be enabled'),
    )
  }
  errors.push(
    ...validateSysctls(context, spec, path.child('sysctls')),
    ...validateChoice(fsGroupChangePolicy, ['Always', 'OnRootMismatch'], path.child('fsGroupChangePolicy')),
    ...validateSeccompProfile(context.seccompProfile, path.child('seccompProfile')),
    ...validateWindowsOptions(context.windowsOptions, path.child('windowsOptions')),
    ...validateAppArmorProfile(context.appArmorProfile, path.child('appArmorProfile')),
    ...validateChoice(supplementalGroupsPolicy, ['Merge', 'Strict'], path.child('supplementalGroupsPolicy')),
    // MountOption belongs to a feature that is off unless told otherwise.
    ...validateChoice(seLinuxChangePolicy, ['Recursive'], path.child('seLinuxChangePolicy')),
  )
  return errors
}

function validateChoice(value: string | undefined, choices: readonly string[], path: FieldPath): FieldError[] {
  return value === undefined || choices.includes(value) ? [] : [notSupported(path, value, choices)]
}

const sysctlSyntax = '^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$'
const sysctl = new RegExp(sysctlSyntax)
const sysctlError = `must have at most 253 characters and match regex ${sysctlSyntax}`

const ipcSysctls = /^(kernel\.(shm|msg)|fs\.mqueue\.|kernel\.sem$)/

function validateSysctls({ sysctls }: PodSecurityContext, spec: PodSpec, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [at, { name = '' }] of (sysctls ?? []).entries()) {
    const here = path.index(at).child('name')
    if (name === '') errors.push(required(here))
    else if (byteLength(name) > 253 || !sysctl.test(name)) errors.push(invalid(here, name, sysctlError))
    else if (seen.has(name)) errors.push(duplicate(here, name))
    seen.add(name)
    const dotted = normalizeSysctl(name)
    if (spec.hostNetwork === true && dotted.startsWith('net.')) {
      errors.push(invalid(here, name, "may not be specified when 'hostNetwork' is true"))
    } else if (spec.hostIPC === true && ipcSysctls.test(dotted)) {
      errors.push(invalid(here, name, "may not be specified when 'hostIPC' is true"))
    }
  }
  return errors
}

/** With dots between its parts, whichever way it was written. Source: component-helpers/node/util/sysctl, NormalizeName */
function normalizeSysctl(name: string): string {
  const first = /[./]/.exec(name)?.[0]
  return first !== '/' ? name : name.replace(/[./]/g, (separator) => (separator === '/' ? '.' : '/'))
}

const seccompTypes = ['Localhost', 'RuntimeDefault', 'Unconfined']

function validateSeccompProfile(profile: SeccompProfile | undefined, path: FieldPath): FieldError[] {
  if (profile === undefined) return []
  const { type = '', localhostProfile } = profile
  const errors: FieldError[] = []
  const typePath = path.child('type')
  const profilePath = path.child('localhostProfile')
  if (type === '') errors.push(required(typePath, 'type is required when seccompProfile is set'))
  else if (!seccompTypes.includes(type)) errors.push(notSupported(typePath, type, seccompTypes))
  if (type !== 'Localhost') {
    if (localhostProfile === undefined) return errors
    const printed = internalValue('SeccompProfile', profile)
    return [...errors, invalid(profilePath, printed, 'can only be set when seccomp type is Localhost')]
  }
  if (localhostProfile !== undefined) return [...errors, ...validateLocalDescendingPath(localhostProfile, profilePath)]
  return [...errors, required(profilePath, 'must be set when seccomp type is Localhost')]
}

const appArmorTypes = ['Localhost', 'RuntimeDefault', 'Unconfined']
/** PATH_MAX - 1 */
const maxAppArmorProfileLength = 4095

export function validateAppArmorProfile(profile: AppArmorProfile | undefined, path: FieldPath): FieldError[] {
  if (profile === undefined) return []
  const { type = '', localhostProfile } = profile
  const profilePath = path.child('localhostProfile')
  if (type === '') return [required(path.child('type'), 'type is required when appArmorProfile is set')]
  if (!appArmorTypes.includes(type)) return [notSupported(path.child('type'), type, appArmorTypes)]
  if (type !== 'Localhost') {
    if (localhostProfile === undefined) return []
    return [invalid(profilePath, localhostProfile, 'can only be set when AppArmor type is Localhost')]
  }
  const missing = required(profilePath, 'must be set when AppArmor type is Localhost')
  if (localhostProfile === undefined) return [missing]
  const errors: FieldError[] = []
  if (localhostProfile.trim() !== localhostProfile) {
    errors.push(invalid(profilePath, localhostProfile, 'must not be padded with whitespace'))
  } else if (localhostProfile === '') errors.push(missing)
  if (byteLength(localhostProfile) > maxAppArmorProfileLength)
    errors.push(tooLong(profilePath, maxAppArmorProfileLength))
  return errors
}

const maxCredentialSpecKiB = 64
const netBiosName = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/
const windowsDomain =
  /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/

function validateWindowsOptions(options: WindowsSecurityContextOptions | undefined, path: FieldPath): FieldError[] {
  if (options === undefined) return []
  const { gmsaCredentialSpecName: specName, gmsaCredentialSpec: spec, runAsUserName } = options
  const errors: FieldError[] = []
  if (specName !== undefined)
    errors.push(...invalids(path.child('gmsaCredentialSpecName'), specName, isDNS1123Subdomain(specName)))
  const specPath = path.child('gmsaCredentialSpec')
  if (spec === '') errors.push(invalid(specPath, spec, 'gmsaCredentialSpec cannot be an empty string'))
  else if (spec !== undefined && byteLength(spec) > maxCredentialSpecKiB * 1024) {
    errors.push(invalid(specPath, spec, `gmsaCredentialSpec size must be under ${maxCredentialSpecKiB} KiB`))
  }
  if (runAsUserName === undefined) return errors
  return [...errors, ...invalids(path.child('runAsUserName'), runAsUserName, userNameProblems(runAsUserName))]
}

/** `DOMAIN\user` or `user`. */
function userNameProblems(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string']
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\x00-\x1f\x7f]/.test(name)) return ['runAsUserName cannot contain control characters']
  const parts = name.split('\\')
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash']
  const user = parts.at(-1)!
  const domain = parts.length === 2 ? parts[0]! : undefined
  const problems: string[] = []
  if (byteLength(domain ?? '') >= 256) problems.push("runAsUserName's Domain length must be under 256 characters")
  if (domain !== undefined && !netBiosName.test(domain) && !windowsDomain.test(domain)) {
    problems.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format")
  }
  if (user === '') problems.push("runAsUserName's User cannot be empty")
  else if (byteLength(user) > 104) problems.push("runAsUserName's User length must not be longer than 104 characters")
  if (/^[. ]+$/.test(user)) problems.push("runAsUserName's User cannot contain only periods or spaces")
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
    problems.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]')
  }
  return problems
}
