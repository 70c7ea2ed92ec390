// Warnings about files of a volume that lie in each other's way.
// Source: pkg/api/pod, warningsForOverlappingVirtualPaths (v1.36)
import type { Volume, VolumeProjection } from '../../api/core.ts'

interface FilePath {
  readonly path: string
  /** What the file comes from, in projections. */
  readonly source: string
}

export function overlappingPathWarnings(volumes: readonly Volume[]): string[] {
  return volumes.flatMap((volume) => {
    const { name, configMap, secret, downwardAPI, projected } = volume
    const warn = (what: string, files: readonly FilePath[]): string[] =>
      overlaps(files).map((text) => `volume ${quote(name)} (${what}): overlapping paths: ${text}`)
    const warnings: string[] = []
    if (configMap !== undefined)
      warnings.push(...warn(`ConfigMap ${quote(configMap.name)}`, filesOf(configMap.items, '')))
    if (secret !== undefined) warnings.push(...warn(`Secret ${quote(secret.secretName)}`, filesOf(secret.items, '')))
    if (downwardAPI !== undefined) warnings.push(...warn('DownwardAPI', filesOf(downwardAPI.items, '')))
    for (const source of projected?.sources ?? []) {
      if (Object.keys(source).length === 0) warnings.push(`volume ${quote(name)} (Projected) has no sources provided`)
    }
    return [...warnings, ...warn('Projected', (projected?.sources ?? []).flatMap(projectedFiles))]
  })
}

function projectedFiles({ configMap, secret, downwardAPI, serviceAccountToken }: VolumeProjection): FilePath[] {
  if (configMap?.items !== undefined) return filesOf(configMap.items, `ConfigMap ${quote(configMap.name)}`)
  if (secret?.items !== undefined) return filesOf(secret.items, `Secret ${quote(secret.name)}`)
  if (downwardAPI?.items !== undefined) return filesOf(downwardAPI.items, 'DownwardAPI')
  return serviceAccountToken === undefined ? [] : [{ path: serviceAccountToken.path, source: 'ServiceAccountToken' }]
}

function filesOf(items: readonly { path?: string }[] | undefined, source: string): FilePath[] {
  return (items ?? []).map(({ path = '' }) => ({ path, source }))
}

/** Each file is compared with those before it. */
function overlaps(files: readonly FilePath[]): string[] {
  if (files.length < 2) return []
  const trimmed = files.map(({ path, source }) => ({ path: path.replace(/\/+$/, ''), source }))
  return trimmed.flatMap((file, at) =>
    trimmed
      .slice(0, at)
      .filter((other) => isWithin(file.path, other.path) || isWithin(other.path, file.path))
      .map((other) => `${print(file)} with ${print(other)}`),
  )
}

function isWithin(path: string, folder: string): boolean {
  return path !== '' && folder !== '' && `${path}/`.startsWith(`${folder}/`)
}

function print({ path, source }: FilePath): string {
  return source === '' ? quote(path) : `${quote(path)} (${source})`
}

function quote(text: string | undefined): string {
  return JSON.stringify(text ?? '')
}
