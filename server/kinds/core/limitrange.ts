// LimitRange of the core group.
// Source: pkg/apis/core/v1, SetDefaults_LimitRangeItem; pkg/apis/core/validation, ValidateLimitRange;
// pkg/registry/core/limitrange (v1.36)
import { randomUUID } from 'node:crypto'
import type { LimitRange, LimitRangeItem } from '../../api/core.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { duplicate, field, forbidden, invalid, required } from '../../apimachinery/field.ts'
import { isQualifiedName } from '../../apimachinery/formats.ts'
import {
  type Quantity,
  compareQuantities,
  formatQuantity,
  newQuantity,
  parseQuantity,
  quantityMilliValue,
  quantityValue,
} from '../../apimachinery/quantity.ts'
import { defineKind } from '../../registry/kind.ts'
import { invalids } from '../metadata/field-formats.ts'
import { defaultResourceList } from '../pod-template/resource-lists.ts'
import {
  isOvercommitAllowed,
  validateContainerResourceName,
  validateResourceName,
} from '../pod-template/resource-names.ts'

export const limitRange = defineKind<LimitRange>({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  defaults,
  strategy: {
    prepareForCreate: ({ metadata }) => void (metadata!.name ||= randomUUID()),
    validate,
    allowCreateOnUpdate: true,
  },
})

const lists = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const

/** Limits that are not told follow from those that are. */
function defaults({ spec }: LimitRange): void {
  for (const item of spec?.limits ?? []) {
    for (const list of lists) defaultResourceList(item[list])
    if (item.type !== 'Container') continue
    const limits = { ...item.max, ...item.default }
    const requests = { ...item.min, ...limits, ...item.defaultRequest }
    if (Object.keys(limits).length > 0) item.default = limits
    if (Object.keys(requests).length > 0) item.defaultRequest = requests
  }
}

const standardTypes = ['Pod', 'Container', 'PersistentVolumeClaim']

function validate({ spec }: LimitRange): FieldError[] {
  const seen = new Set<string>()
  return (spec?.limits ?? []).flatMap((item, at) => {
    const { type = '' } = item
    const path = field('spec', 'limits').index(at)
    const typePath = path.child('type')
    const errors = invalids(typePath, type, isQualifiedName(type))
    if (errors.length === 0 && !type.includes('/') && !standardTypes.includes(type)) {
      errors.push(invalid(typePath, type, 'must be a standard limit type or fully qualified'))
    }
    if (seen.has(type)) errors.push(duplicate(typePath, type))
    seen.add(type)
    return [...errors, ...validateItem(item, path)]
  })
}

function validateItem(item: LimitRangeItem, path: FieldPath): FieldError[] {
  const errors = [...validateNames(item, 'max', path), ...validateNames(item, 'min', path)]
  const names = new Set([...Object.keys(item.max ?? {}), ...Object.keys(item.min ?? {})])
  for (const list of ['default', 'defaultRequest'] as const) {
    const own = Object.keys(item[list] ?? {})
    if (item.type === 'Pod') {
      if (own.length > 0) errors.push(forbidden(path.child(list), "may not be specified when `type` is 'Pod'"))
      continue
    }
    errors.push(...validateNames(item, list, path))
    for (const name of own) names.add(name)
  }
  if (
    item.type === 'PersistentVolumeClaim' &&
    item.min?.['storage'] === undefined &&
    item.max?.['storage'] === undefined
  ) {
    const detail = 'either minimum or maximum storage value is required, but neither was provided'
    errors.push(required(path.child('limits'), detail))
  }
  errors.push(...validateNames(item, 'maxLimitRequestRatio', path))
  for (const name of Object.keys(item.maxLimitRequestRatio ?? {})) names.add(name)
  return [...errors, ...[...names].flatMap((name) => validateOrder(item, name, path))]
}

function validateNames(item: LimitRangeItem, list: (typeof lists)[number], path: FieldPath): FieldError[] {
  const rule = item.type === 'Pod' || item.type === 'Container' ? validateContainerResourceName : validateResourceName
  return Object.keys(item[list] ?? {}).flatMap((name) => rule(name, path.child(list).key(name)))
}

/** min ≤ defaultRequest ≤ default ≤ max, of one resource. Which bad value is printed is upstream's choice. */
function validateOrder(item: LimitRangeItem, name: string, path: FieldPath): FieldError[] {
  const read = (list: (typeof lists)[number]): Quantity | undefined => {
    const text =
      item.type === 'Pod' && (list === 'default' || list === 'defaultRequest') ? undefined : item[list]?.[name]
    return text === undefined ? undefined : parseQuantity(text)
  }
  const [max, min, limit, request, ratio] = lists.map(read)
  const errors: FieldError[] = []
  const check = (
    list: string,
    bad: Quantity,
    low: Quantity | undefined,
    high: Quantity | undefined,
    words: [string, string],
  ): void => {
    if (low === undefined || high === undefined || compareQuantities(low, high) <= 0) return
    const detail = `${words[0]} value ${formatQuantity(low)} is greater than ${words[1]} value ${formatQuantity(high)}`
    errors.push(invalid(path.child(list).key(name), formatQuantity(bad), detail))
  }
  if (min !== undefined) check('min', min, min, max, ['min', 'max'])
  if (request !== undefined) {
    check('defaultRequest', request, min, request, ['min', 'default request'])
    check('defaultRequest', request, request, max, ['default request', 'max'])
    check('defaultRequest', request, request, limit, ['default request', 'default limit'])
  }
  if (min !== undefined) check('default', min, min, limit, ['min', 'default'])
  if (max !== undefined) check('default', max, limit, max, ['default', 'max'])
  if (ratio !== undefined) errors.push(...validateRatio(ratio, min, max, path.child('maxLimitRequestRatio').key(name)))
  if (
    !isOvercommitAllowed(name) &&
    limit !== undefined &&
    request !== undefined &&
    compareQuantities(limit, request) !== 0
  ) {
    const detail = `default value ${formatQuantity(limit)} must equal to defaultRequest value ${formatQuantity(request)} in ${name}`
    errors.push(invalid(path.child('defaultRequest').key(name), formatQuantity(request), detail))
  }
  return errors
}

const one = newQuantity(1)

/** Source: apimachinery/pkg/api/resource, MaxMilliValue */
const maxMilliValue = (2n ** 63n - 1n) / 1000n

function validateRatio(
  ratio: Quantity,
  min: Quantity | undefined,
  max: Quantity | undefined,
  path: FieldPath,
): FieldError[] {
  const text = formatQuantity(ratio)
  const errors = compareQuantities(ratio, one) < 0 ? [invalid(path, text, `ratio ${text} is less than 1`)] : []
  if (min === undefined || max === undefined) return errors
  const values = [ratio, min, max].map(quantityValue)
  // In thousandths where these fit Go's int64, in whole units else.
  const inThousandths = values.every((value) => value < maxMilliValue)
  const [ratioValue = 0, minValue = 0, maxValue = 0] = inThousandths
    ? [ratio, min, max].map((one) => Number(quantityMilliValue(one)))
    : values.map(Number)
  const most = maxValue / minValue
  // Zero by zero is neither more nor less than anything.
  if (!(ratioValue / (inThousandths ? 1000 : 1) > most)) return errors
  const printed = Number.isFinite(most) ? most.toFixed(6) : '+Inf'
  return [...errors, invalid(path, text, `ratio ${text} is greater than max/min = ${printed}`)]
}
