// Finalizers of custom resources whose names others may use too: they are told of, not refused.
// Source: apiextensions-apiserver/pkg/registry/customresource, validateKubeFinalizerName (v1.36)
import { isQualifiedName } from '../apimachinery/validation.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import { quote } from '../apimachinery/go-quote.ts'

const standard = new Set(['orphan', 'foregroundDeletion', 'kubernetes'])

export function warningsOfFinalizers({ metadata }: AnyObject, old: AnyObject | undefined): string[] {
  const before = new Set(old?.metadata?.finalizers)
  const added = [...new Set(metadata?.finalizers)].filter((one) => !before.has(one)).sort()
  return added.flatMap((name) => {
    const intro = `metadata.finalizers: ${quote(name)}: `
    const problems = isQualifiedName(name).map((text) => intro + text)
    if (name.includes('/') || standard.has(name)) return problems
    const path = name.includes('.') ? ' including a path (/)' : ''
    const advice = `prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`
    return [...problems, intro + advice]
  })
}
