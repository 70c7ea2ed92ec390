// ServiceAccount: every pod runs as a service account and finds its token in a volume.
// Source: plugin/pkg/admission/serviceaccount (v1.36)
import type { Container, Pod, PodSpec, ServiceAccount, Volume } from '../api/core.ts'
import type { Clock } from '../apimachinery/clock.ts'
import { generateName } from '../apimachinery/names.ts'
import type { Random } from '../apimachinery/names.ts'
import type { Frozen } from '../apimachinery/types.ts'
import { forbiddenBy } from './forbidden.ts'
import type { AdmissionPlugin, AdmissionReader, Attributes } from './plugin.ts'

const volumePrefix = 'kube-api-access-'
const tokenMountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
const tokenExpirationSeconds = 3607
const mirrorAnnotation = 'kubernetes.io/config.mirror'
const mountableSecretsAnnotation = 'kubernetes.io/enforce-mountable-secrets'

/** A controller makes the `default` account of a new namespace: pods that come before it wait as long as this. */
const defaultAccountWaitMs = 1000
const defaultAccountPollMs = 10

export function makeServiceAccount(clock: Clock, random: Random = Math.random): AdmissionPlugin {
  return {
    name: 'ServiceAccount',

    admit(attributes, reader) {
      if (attributes.operation !== 'CREATE' || !isPod(attributes)) return undefined
      const pod = attributes.object as Pod
      const spec = (pod.spec ??= {} as PodSpec)
      if (isMirrorPod(pod)) return undefined
      const name = spec.serviceAccountName || 'default'
      spec.serviceAccountName = name
      // The field's old name, which every version served keeps in step.
      spec.serviceAccount = name
      const account = find(attributes, reader, name)
      if (account !== undefined) return complete(spec, account, random)
      if (name !== 'default') throw notFound(attributes, name)
      return waitForAccount(clock, attributes, reader, name).then((found) => complete(spec, found, random))
    },

    validate(attributes, reader) {
      if (!isPod(attributes) && !(attributes.operation === 'UPDATE' && isEphemeral(attributes))) return
      const pod = attributes.object as unknown as Frozen<Pod>
      const spec = pod.spec
      if (spec === undefined || (attributes.operation !== 'CREATE' && !isEphemeral(attributes))) return
      if (attributes.operation === 'CREATE' && isMirrorPod(pod)) {
        checkMirrorPod(attributes, spec)
        return
      }
      const name = spec.serviceAccountName ?? ''
      if (name === '') {
        throw forbiddenBy(
          attributes,
          `no service account specified for pod ${attributes.namespace}/${pod.metadata?.name ?? ''}`,
        )
      }
      const account = find(attributes, reader, name)
      if (account === undefined) throw notFound(attributes, name)
      if (!enforcesMountableSecrets(account)) return
      const problem = isEphemeral(attributes) ? ephemeralSecretProblem(account, spec) : secretProblem(account, spec)
      if (problem !== undefined) throw forbiddenBy(attributes, problem)
    },
  }
}

function isPod({ group, resource, subresource, object }: Attributes): boolean {
  return group === '' && resource === 'pods' && subresource === '' && object !== undefined
}

function isEphemeral({ group, resource, subresource, object }: Attributes): boolean {
  return group === '' && resource === 'pods' && subresource === 'ephemeralcontainers' && object !== undefined
}

function isMirrorPod(pod: Frozen<Pod> | Pod): boolean {
  return pod.metadata?.annotations?.[mirrorAnnotation] !== undefined
}

type Account = Frozen<ServiceAccount>

function find(attributes: Attributes, reader: AdmissionReader, name: string): Account | undefined {
  return reader.get('serviceaccounts', attributes.namespace, name) as Account | undefined
}

function notFound(attributes: Attributes, name: string) {
  const account = `${attributes.namespace}/${name}`
  return forbiddenBy(
    attributes,
    `error looking up service account ${account}: serviceaccount ${JSON.stringify(name)} not found`,
  )
}

async function waitForAccount(
  clock: Clock,
  attributes: Attributes,
  reader: AdmissionReader,
  name: string,
): Promise<Account> {
  for (let waited = 0; waited < defaultAccountWaitMs; waited += defaultAccountPollMs) {
    await new Promise<void>((resolve) => clock.after(defaultAccountPollMs, resolve))
    const account = find(attributes, reader, name)
    if (account !== undefined) return account
  }
  throw notFound(attributes, name)
}

function complete(spec: PodSpec, account: Account, random: Random): void {
  const automount = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true
  if (automount) mountToken(spec, random)
  if ((spec.imagePullSecrets ?? []).length === 0 && (account.imagePullSecrets ?? []).length > 0) {
    spec.imagePullSecrets = account.imagePullSecrets!.map(({ name }) => (name === undefined ? {} : { name }))
  }
}

function mountToken(spec: PodSpec, random: Random): void {
  const existing = spec.volumes?.find((volume) => volume.name.startsWith(volumePrefix))
  const name = existing?.name ?? generateName(volumePrefix, random)
  let used = false
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    if (container.volumeMounts?.some((mount) => mount.mountPath === tokenMountPath)) continue
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: tokenMountPath }]
    used = true
  }
  if (used && existing === undefined) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)]
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: tokenExpirationSeconds, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        {
          downwardAPI: {
            items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
          },
        },
      ],
      defaultMode: 420,
    },
  }
}

type Spec = Frozen<PodSpec>

function checkMirrorPod(attributes: Attributes, spec: Spec): void {
  if ((spec.serviceAccountName ?? '') !== '')
    throw forbiddenBy(attributes, 'a mirror pod may not reference service accounts')
  if (referencesSecrets(spec)) throw forbiddenBy(attributes, 'a mirror pod may not reference secrets')
  const projectsToken = spec.volumes?.some((volume) =>
    volume.projected?.sources?.some((one) => one.serviceAccountToken !== undefined),
  )
  if (projectsToken) throw forbiddenBy(attributes, 'a mirror pod may not use ServiceAccountToken volume projections')
}

/** In volumes of any type, in the environment, or to pull images: wherever a member is named for a secret. */
function referencesSecrets(spec: Spec): boolean {
  if ((spec.imagePullSecrets ?? []).length > 0) return true
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])]
  if (containers.some((one) => one.env?.some((env) => env.valueFrom?.secretKeyRef !== undefined))) return true
  if (containers.some((one) => one.envFrom?.some((from) => from.secretRef !== undefined))) return true
  return (spec.volumes ?? []).some(({ name: _name, ...sources }) =>
    Object.entries(sources).some(([type, source]) => {
      if (type === 'secret' || type === 'azureFile') return true
      if (type === 'projected') return (source as Volume['projected'])?.sources?.some((one) => one.secret !== undefined)
      const members = source as Record<string, unknown>
      return members['secretRef'] !== undefined || members['nodePublishSecretRef'] !== undefined
    }),
  )
}

function enforcesMountableSecrets(account: Account): boolean {
  return /^(1|t|T|TRUE|true|True)$/.test(account.metadata?.annotations?.[mountableSecretsAnnotation] ?? '')
}

function secretProblem(account: Account, spec: Spec): string | undefined {
  const mountable = mountableSecrets(account)
  const owner = account.metadata?.name ?? ''
  for (const { secret } of spec.volumes ?? []) {
    if (secret !== undefined && !mountable.has(secret.secretName)) {
      return `volume with secret.secretName="${secret.secretName ?? ''}" is not allowed because service account ${owner} does not reference that secret`
    }
  }
  const problem =
    environmentProblem('init container', spec.initContainers, mountable, owner) ??
    environmentProblem('container', spec.containers, mountable, owner)
  if (problem !== undefined) return problem
  const pullable = new Set(account.imagePullSecrets?.map(({ name }) => name))
  for (const [at, { name }] of (spec.imagePullSecrets ?? []).entries()) {
    if (pullable.has(name)) continue
    return `imagePullSecrets[${at}].name="${name ?? ''}" is not allowed because service account ${owner} does not reference that imagePullSecret`
  }
  return undefined
}

function ephemeralSecretProblem(account: Account, spec: Spec): string | undefined {
  return environmentProblem(
    'ephemeral container',
    spec.ephemeralContainers,
    mountableSecrets(account),
    account.metadata?.name ?? '',
  )
}

function mountableSecrets(account: Account): Set<string | undefined> {
  return new Set(account.secrets?.map(({ name }) => name))
}

type ContainerLike = Pick<Frozen<Container>, 'name' | 'env' | 'envFrom'>

function environmentProblem(
  what: string,
  containers: readonly ContainerLike[] | undefined,
  mountable: ReadonlySet<string | undefined>,
  owner: string,
): string | undefined {
  const refused = (how: string, secret: string | undefined) =>
    `${how} referencing secret.secretName="${secret ?? ''}" is not allowed because service account ${owner} does not reference that secret`
  for (const { name, env, envFrom } of containers ?? []) {
    for (const { name: variable, valueFrom } of env ?? []) {
      const reference = valueFrom?.secretKeyRef
      if (reference !== undefined && !mountable.has(reference.name)) {
        return refused(`${what} ${name} with envVar ${variable}`, reference.name)
      }
    }
    for (const { secretRef } of envFrom ?? []) {
      if (secretRef !== undefined && !mountable.has(secretRef.name))
        return refused(`${what} ${name} with envFrom`, secretRef.name)
    }
  }
  return undefined
}
