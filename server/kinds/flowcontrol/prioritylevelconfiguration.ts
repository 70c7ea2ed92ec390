// PriorityLevelConfiguration of flowcontrol.apiserver.k8s.io/v1.
// Source: pkg/apis/flowcontrol/validation, ValidatePriorityLevelConfiguration; pkg/printers/internalversion,
// printPriorityLevelConfiguration; apiserver/pkg/util/shufflesharding, RequiredEntropyBits (v1.36)
import type {
  ExemptPriorityLevelConfiguration,
  LimitResponse,
  LimitedPriorityLevelConfiguration,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from '../../api/flowcontrol.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { field, forbidden, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { defineKind, type Cell } from '../../registry/kind.ts'
import { validateConditionTypes } from './conditions.ts'
import { validateMandatoryLevel } from './mandatory.ts'

export const priorityLevelConfiguration = defineKind<PriorityLevelConfiguration>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  generation: true,
  strategy: { validate },
  status: { validateUpdate: ({ status }) => validateConditionTypes(status?.conditions) },
  cells: {
    Type: ({ spec }) => spec?.type ?? '',
    NominalConcurrencyShares: ({ spec }) => {
      return spec?.limited === undefined ? none : (spec.limited.nominalConcurrencyShares ?? 0)
    },
    Queues: (object) => queuingCell(object, 'queues'),
    HandSize: (object) => queuingCell(object, 'handSize'),
    QueueLengthLimit: (object) => queuingCell(object, 'queueLengthLimit'),
  },
})

const none = '<none>'

function queuingCell({ spec }: PriorityLevelConfiguration, name: keyof QueuingConfiguration): Cell {
  const queuing = spec?.limited?.limitResponse?.queuing
  return queuing === undefined ? none : (queuing[name] ?? 0)
}

function validate({ metadata, spec }: PriorityLevelConfiguration): FieldError[] {
  const name = metadata?.name ?? ''
  const content = spec ?? ({} as PriorityLevelConfigurationSpec)
  const path = field('spec')
  return [...validateSpec(name, content, path), ...validateMandatoryLevel(name, content, path)]
}

function validateSpec(name: string, spec: PriorityLevelConfigurationSpec, path: FieldPath): FieldError[] {
  const { type = '', exempt, limited } = spec as Partial<PriorityLevelConfigurationSpec>
  const typePath = path.child('type')
  const errors: FieldError[] = []
  if ((name === 'exempt') !== (type === 'Exempt')) {
    errors.push(invalid(typePath, type, "must be 'Exempt' if and only if `name` is 'exempt'"))
  }
  if (type === 'Exempt') {
    if (limited !== undefined) errors.push(forbidden(path.child('limited'), 'must be nil if the type is not Limited'))
    if (exempt !== undefined) errors.push(...validateShares(exempt, path.child('exempt')))
  } else if (type === 'Limited') {
    if (exempt !== undefined) errors.push(forbidden(path.child('exempt'), 'must be nil if the type is Limited'))
    if (limited === undefined) errors.push(required(path.child('limited'), 'must not be empty when type is Limited'))
    else errors.push(...validateLimited(limited, path.child('limited')))
  } else if (type === '') errors.push(required(typePath))
  else errors.push(notSupported(typePath, type, ['Exempt', 'Limited']))
  return errors
}

function isPercent(value: number): boolean {
  return value >= 0 && value <= 100
}

function validateShares(level: ExemptPriorityLevelConfiguration, path: FieldPath): FieldError[] {
  const { nominalConcurrencyShares: shares, lendablePercent } = level
  const errors: FieldError[] = []
  if (shares !== undefined && shares < 0) {
    errors.push(invalid(path.child('nominalConcurrencyShares'), shares, 'must be a non-negative integer'))
  }
  if (lendablePercent !== undefined && !isPercent(lendablePercent)) {
    errors.push(invalid(path.child('lendablePercent'), lendablePercent, 'must be between 0 and 100, inclusive'))
  }
  return errors
}

function validateLimited(level: LimitedPriorityLevelConfiguration, path: FieldPath): FieldError[] {
  const { nominalConcurrencyShares: shares, lendablePercent, borrowingLimitPercent, limitResponse } = level
  const response = validateResponse(limitResponse ?? ({} as LimitResponse), path.child('limitResponse'))
  const [nominal, lendable] = [
    validateShares(shares === undefined ? {} : { nominalConcurrencyShares: shares }, path),
    validateShares(lendablePercent === undefined ? {} : { lendablePercent }, path),
  ]
  const errors = [...nominal, ...response, ...lendable]
  if (borrowingLimitPercent !== undefined && borrowingLimitPercent < 0) {
    const detail = 'if specified, must be a non-negative integer'
    errors.push(invalid(path.child('borrowingLimitPercent'), borrowingLimitPercent, detail))
  }
  return errors
}

function validateResponse({ type = '', queuing }: Partial<LimitResponse>, path: FieldPath): FieldError[] {
  const queuingPath = path.child('queuing')
  if (type === 'Reject') {
    if (queuing === undefined) return []
    return [forbidden(queuingPath, 'must be nil if limited.limitResponse.type is not Limited')]
  }
  if (type === 'Queue') {
    if (queuing !== undefined) return validateQueuing(queuing, queuingPath)
    return [required(queuingPath, 'must not be empty if limited.limitResponse.type is Limited')]
  }
  return type === '' ? [required(path.child('type'))] : [notSupported(path.child('type'), type, ['Queue', 'Reject'])]
}

const maxQueues = 10_000_000
const maxHashBits = 60

function validateQueuing(queuing: QueuingConfiguration, path: FieldPath): FieldError[] {
  const { queues = 0, handSize = 0, queueLengthLimit = 0 } = queuing
  const errors: FieldError[] = []
  if (queueLengthLimit <= 0) errors.push(invalid(path.child('queueLengthLimit'), queueLengthLimit, 'must be positive'))
  if (queues <= 0) errors.push(invalid(path.child('queues'), queues, 'must be positive'))
  else if (queues > maxQueues)
    errors.push(invalid(path.child('queues'), queues, `must not be greater than ${maxQueues}`))
  const handPath = path.child('handSize')
  if (handSize <= 0) errors.push(invalid(handPath, handSize, 'must be positive'))
  else if (handSize > queues) errors.push(invalid(handPath, handSize, `should not be greater than queues (${queues})`))
  else if (requiredEntropyBits(queues, handSize) > maxHashBits) {
    const detail = `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${maxHashBits}`
    errors.push(invalid(handPath, handSize, detail))
  }
  return errors
}

/** Bits of a hash value that dealing a hand of that size from the deck uses up. */
function requiredEntropyBits(deckSize: number, handSize: number): number {
  return Math.ceil(Math.log2(deckSize) * handSize)
}
