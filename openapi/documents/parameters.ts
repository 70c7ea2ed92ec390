// What may stand in the paths and queries of operations, verb by verb.
// Source: apiserver/pkg/endpoints/installer.go; the generated types of options (v1.36)
import type { Parameter } from './operation.ts'

export const query = (name: string, type: Parameter['type'] = 'string'): Parameter => ({ name, in: 'query', type })
export const path = (name: string): Parameter => ({ name, in: 'path', type: 'string' })

export const pretty = query('pretty')
export const writeParameters = [query('dryRun'), query('fieldManager'), query('fieldValidation')]
export const deleteParameters = [
  query('dryRun'),
  query('gracePeriodSeconds', 'integer'),
  query('ignoreStoreReadErrorWithClusterBreakingPotential', 'boolean'),
  query('orphanDependents', 'boolean'),
  query('propagationPolicy'),
]
export const listParameters = [
  query('continue'),
  query('fieldSelector'),
  query('labelSelector'),
  query('limit', 'integer'),
  query('resourceVersion'),
  query('resourceVersionMatch'),
  query('sendInitialEvents', 'boolean'),
  query('shardSelector'),
  query('timeoutSeconds', 'integer'),
]
export const watchParameters = [query('allowWatchBookmarks', 'boolean'), ...listParameters, query('watch', 'boolean')]

/** Query parameters of subresources that are not answered from the store, by the kind of their options. */
export const connectParameters: Readonly<Record<string, readonly Parameter[]>> = {
  PodAttachOptions: [
    query('container'),
    query('stderr', 'boolean'),
    query('stdin', 'boolean'),
    query('stdout', 'boolean'),
    query('tty', 'boolean'),
  ],
  PodExecOptions: [
    query('command'),
    query('container'),
    query('stderr', 'boolean'),
    query('stdin', 'boolean'),
    query('stdout', 'boolean'),
    query('tty', 'boolean'),
  ],
  PodPortForwardOptions: [query('ports', 'integer')],
  PodProxyOptions: [query('path')],
  ServiceProxyOptions: [query('path')],
  NodeProxyOptions: [query('path')],
}

export const logParameters = [
  query('container'),
  query('follow', 'boolean'),
  query('insecureSkipTLSVerifyBackend', 'boolean'),
  query('limitBytes', 'integer'),
  query('previous', 'boolean'),
  query('sinceSeconds', 'integer'),
  query('stream'),
  query('tailLines', 'integer'),
  query('timestamps', 'boolean'),
]
