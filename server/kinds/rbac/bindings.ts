// What role bindings and cluster role bindings share.
// Source: pkg/apis/rbac/validation, ValidateRoleBinding, ValidateRoleBindingSubject; pkg/apis/rbac, SubjectsStrings (v1.36)
import type { RoleBinding, RoleRef, Subject } from '../../api/rbac.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { field, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { isPathSegmentName, nameIsDNSSubdomain } from '../../apimachinery/validation.ts'
import { goValue } from '../rules/go-value.ts'
import { rbacGroup } from './rules.ts'

/** The shape of both kinds of binding. */
export type Binding = Pick<RoleBinding, 'metadata' | 'subjects'> & { roleRef?: RoleRef }

export function defaultBinding(draft: Binding): void {
  const roleRef = (draft.roleRef ??= {} as RoleRef)
  roleRef.apiGroup ||= rbacGroup
  for (const subject of draft.subjects ?? []) {
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= rbacGroup
  }
}

/** @param roleKinds what the binding may refer to */
export function validateBinding(binding: Binding, roleKinds: readonly string[], namespaced: boolean): FieldError[] {
  const { apiGroup = '', kind = '', name = '' } = binding.roleRef ?? {}
  const path = field('roleRef')
  const errors: FieldError[] = []
  if (apiGroup !== rbacGroup) errors.push(notSupported(path.child('apiGroup'), apiGroup, [rbacGroup]))
  if (!roleKinds.includes(kind)) errors.push(notSupported(path.child('kind'), kind, roleKinds))
  if (name === '') errors.push(required(path.child('name')))
  else errors.push(...isPathSegmentName(name).map((text) => invalid(path.child('name'), name, text)))
  const subjects = (binding.subjects ?? []).flatMap((subject, at) =>
    validateSubject(subject, namespaced, field('subjects').index(at)),
  )
  return [...errors, ...subjects]
}

function validateSubject(subject: Subject, namespaced: boolean, path: FieldPath): FieldError[] {
  const { kind = '', name = '', namespace = '', apiGroup = '' } = subject as Partial<Subject>
  const errors: FieldError[] = []
  const namePath = path.child('name')
  if (name === '') errors.push(required(namePath))
  if (kind === 'ServiceAccount') {
    if (name !== '') errors.push(...nameIsDNSSubdomain(name, false).map((text) => invalid(namePath, name, text)))
    if (apiGroup !== '') errors.push(notSupported(path.child('apiGroup'), apiGroup, ['']))
    if (!namespaced && namespace === '') errors.push(required(path.child('namespace')))
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== rbacGroup) errors.push(notSupported(path.child('apiGroup'), apiGroup, [rbacGroup]))
  } else {
    errors.push(notSupported(path.child('kind'), kind, ['ServiceAccount', 'User', 'Group']))
  }
  return errors
}

export function validateBindingUpdate(binding: Binding, old: Binding): FieldError[] {
  if (deepEqual(binding.roleRef, old.roleRef)) return []
  const { apiGroup = '', kind = '', name = '' } = binding.roleRef ?? {}
  return [invalid(field('roleRef'), goValue({ APIGroup: apiGroup, Kind: kind, Name: name }), 'cannot change roleRef')]
}

function subjectsOf(binding: Binding, kind: string): string {
  return (binding.subjects ?? [])
    .filter((subject) => subject.kind === kind)
    .map(({ namespace = '', name }) => (kind === 'ServiceAccount' ? `${namespace}/${name}` : name))
    .join(', ')
}

export const bindingCells = {
  Role: ({ roleRef }: Binding): string => `${roleRef?.kind ?? ''}/${roleRef?.name ?? ''}`,
  Users: (binding: Binding): string => subjectsOf(binding, 'User'),
  Groups: (binding: Binding): string => subjectsOf(binding, 'Group'),
  ServiceAccounts: (binding: Binding): string => subjectsOf(binding, 'ServiceAccount'),
}
