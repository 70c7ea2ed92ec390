// Groups of the project itself need an approval of their definitions, given by its address.
// Source: apiextensions-apiserver/pkg/apihelpers, IsProtectedCommunityGroup and GetAPIApprovalState (v1.36)
import type { CustomResourceDefinition } from '../api/apiextensions.ts'
import type { Frozen } from '../apimachinery/types.ts'

export const approvalAnnotation = 'api-approved.kubernetes.io'

export interface Approval {
  readonly state: 'unprotected' | 'missing' | 'bypassed' | 'approved' | 'invalid'
  readonly reason: string
}

const intro = `protected groups must have approval annotation "${approvalAnnotation}"`
const seeAlso = 'see https://github.com/kubernetes/enhancements/pull/1111'

export function approvalOf({ metadata, spec }: Frozen<CustomResourceDefinition>): Approval {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(spec?.group ?? '')) return { state: 'unprotected', reason: '' }
  const value = metadata?.annotations?.[approvalAnnotation] ?? ''
  if (value === '') return { state: 'missing', reason: `${intro}, ${seeAlso}` }
  if (value.startsWith('unapproved')) {
    return { state: 'bypassed', reason: `not approved: ${JSON.stringify(value)}` }
  }
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#\s]+/.test(value)) return { state: 'approved', reason: `approved in ${value}` }
  return { state: 'invalid', reason: `${intro} with either a URL or a reason starting with "unapproved", ${seeAlso}` }
}
