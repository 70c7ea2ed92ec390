// Probes and lifecycle hooks of containers.
// Source: pkg/apis/core/validation, validateHandler, validateProbe, validateLifecycle (v1.36)
import type { HTTPGetAction, Lifecycle, LifecycleHandler, Probe } from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { forbidden, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { isHTTPHeaderName, isValidPortName, isValidPortNum } from '../../apimachinery/formats.ts'
import { invalids } from '../metadata/field-formats.ts'
import { validateNonnegativeFields } from '../rules/numbers.ts'

type Handler = Pick<Probe, 'exec' | 'httpGet' | 'tcpSocket' | 'grpc'> & Pick<LifecycleHandler, 'sleep'>

/** A port by number or by name; an absent one is 0. */
export function validatePortNumOrName(port: number | string | undefined, path: FieldPath): FieldError[] {
  if (typeof port === 'string') return invalids(path, port, isValidPortName(port))
  return invalids(path, port ?? 0, isValidPortNum(port ?? 0))
}

/** @param graceSeconds terminationGracePeriodSeconds of the pod: no sleep may be longer */
function validateHandler(handler: Handler, graceSeconds: number | undefined, path: FieldPath): FieldError[] {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler
  const kinds: [name: string, check: (path: FieldPath) => FieldError[]][] = []
  if (exec !== undefined) {
    kinds.push(['exec', (here) => ((exec.command ?? []).length === 0 ? [required(here.child('command'))] : [])])
  }
  if (httpGet !== undefined) kinds.push(['httpGet', (here) => validateHTTPGet(httpGet, here)])
  if (tcpSocket !== undefined)
    kinds.push(['tcpSocket', (here) => validatePortNumOrName(tcpSocket.port, here.child('port'))])
  if (grpc !== undefined) kinds.push(['grpc', (here) => validatePortNumOrName(grpc.port, here.child('port'))])
  if (sleep !== undefined) kinds.push(['sleep', (here) => validateSleep(sleep.seconds ?? 0, graceSeconds, here)])
  if (kinds.length === 0) return [required(path, 'must specify a handler type')]
  return kinds.flatMap(([name, check], at) =>
    at === 0 ? check(path.child(name)) : [forbidden(path.child(name), 'may not specify more than 1 handler type')],
  )
}

function validateHTTPGet(
  { path: target = '', port, scheme = '', httpHeaders }: HTTPGetAction,
  path: FieldPath,
): FieldError[] {
  return [
    ...(target === '' ? [required(path.child('path'))] : []),
    ...validatePortNumOrName(port, path.child('port')),
    ...(scheme === 'HTTP' || scheme === 'HTTPS' ? [] : [notSupported(path.child('scheme'), scheme, ['HTTP', 'HTTPS'])]),
    ...(httpHeaders ?? []).flatMap(({ name = '' }) =>
      invalids(path.child('httpHeaders'), name, isHTTPHeaderName(name)),
    ),
  ]
}

function validateSleep(seconds: number, graceSeconds: number | undefined, path: FieldPath): FieldError[] {
  if (graceSeconds === undefined || (seconds >= 0 && seconds <= graceSeconds)) return []
  return [invalid(path, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`)]
}

const probeNumbers = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold']

function validateProbe(probe: Probe, graceSeconds: number | undefined, path: FieldPath): FieldError[] {
  const { terminationGracePeriodSeconds: ownGrace } = probe
  const errors = [
    ...validateHandler(probe, graceSeconds, path),
    ...validateNonnegativeFields(probe, probeNumbers, path),
  ]
  if (ownGrace !== undefined && ownGrace <= 0) {
    errors.push(invalid(path.child('terminationGracePeriodSeconds'), ownGrace, 'must be greater than 0'))
  }
  return errors
}

export interface Probes {
  livenessProbe?: Probe
  readinessProbe?: Probe
  startupProbe?: Probe
}

/** All probes of a container. */
export function validateProbes(container: Probes, graceSeconds: number | undefined, path: FieldPath): FieldError[] {
  const { livenessProbe, readinessProbe, startupProbe } = container
  const errors: FieldError[] = []
  if (livenessProbe !== undefined)
    errors.push(...validateOnceProbe(livenessProbe, graceSeconds, path.child('livenessProbe')))
  if (readinessProbe !== undefined) {
    const here = path.child('readinessProbe')
    errors.push(...validateProbe(readinessProbe, graceSeconds, here))
    const { terminationGracePeriodSeconds: ownGrace } = readinessProbe
    if (ownGrace !== undefined) {
      errors.push(invalid(here.child('terminationGracePeriodSeconds'), ownGrace, 'must not be set for readinessProbes'))
    }
  }
  if (startupProbe !== undefined)
    errors.push(...validateOnceProbe(startupProbe, graceSeconds, path.child('startupProbe')))
  return errors
}

/** A probe for which one success is enough. */
function validateOnceProbe(probe: Probe, graceSeconds: number | undefined, path: FieldPath): FieldError[] {
  const errors = validateProbe(probe, graceSeconds, path)
  const { successThreshold = 0 } = probe
  if (successThreshold !== 1) errors.push(invalid(path.child('successThreshold'), successThreshold, 'must be 1'))
  return errors
}

export function validateLifecycle(
  lifecycle: Lifecycle,
  graceSeconds: number | undefined,
  path: FieldPath,
): FieldError[] {
  const { postStart, preStop } = lifecycle
  return [
    ...(postStart === undefined ? [] : validateHandler(postStart, graceSeconds, path.child('postStart'))),
    ...(preStop === undefined ? [] : validateHandler(preStop, graceSeconds, path.child('preStop'))),
  ]
}
