// Names, metadata and selectors: what is refused, in which words.
import { expect } from 'chai'
import { field } from './field.ts'
import {
  formatCIDR,
  formatIP,
  isConfigMapKey,
  isDNS1035Label,
  isDNS1123Label,
  isDNS1123Subdomain,
  isQualifiedName,
  isRelaxedEnvVarName,
  isValidCIDR,
  isValidIP,
  isValidIPForLegacyField,
  isValidLabelValue,
  isValidPortName,
  nameIsDNSSubdomain,
  nameIsPathSegment,
  parseCIDR,
  parseIP,
  validateConditions,
  validateFieldManager,
  validateLabelSelector,
  validateObjectMeta,
  validateObjectMetaUpdate,
  warningsForIP,
} from './validation.ts'
import type { ObjectMeta } from './types.ts'

const labelFormat = "'[a-z0-9]([-a-z0-9]*[a-z0-9])?'"

describe('name formats', () => {
  const cases: [string, (value: string) => string[], string, string[]][] = [
    ['a label', isDNS1123Label, 'a-1', []],
    ['a label with dots', isDNS1123Label, 'a.b', ['must not contain dots']],
    ['a long label', isDNS1123Label, 'a'.repeat(64), ['must be no more than 63 characters']],
    [
      'a bad label',
      isDNS1123Label,
      'Bad',
      [
        `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is ${labelFormat})`,
      ],
    ],
    ['a subdomain', isDNS1123Subdomain, 'a.b-c.1', []],
    ['a 1035 label', isDNS1035Label, 'a1', []],
    ['a qualified name', isQualifiedName, 'example.com/Name_1', []],
    ['a qualified name without prefix', isQualifiedName, '/a', ['prefix part must be non-empty']],
    ['an empty label value', isValidLabelValue, '', []],
    ['a long label value', isValidLabelValue, 'a'.repeat(64), ['must be no more than 63 bytes']],
    ['a port name', isValidPortName, 'http', []],
    ['a port name of digits', isValidPortName, '80', ['must contain at least one letter (a-z)']],
    ['a config key', isConfigMapKey, '..a', ["must not start with '..'"]],
    ['an environment variable', isRelaxedEnvVarName, '1.a:b', []],
    [
      'an environment variable with =',
      isRelaxedEnvVarName,
      'a=b',
      ["a valid environment variable name must consist only of printable ASCII characters other than '='"],
    ],
  ]
  for (const [what, check, value, errors] of cases) {
    it(`checks ${what}`, () => expect(check(value)).to.deep.equal(errors))
  }

  it('lets a generateName end with a dash', () => {
    expect(nameIsDNSSubdomain('abc-', true)).to.deep.equal([])
    expect(nameIsDNSSubdomain('abc-', false)).to.have.length(1)
    expect(nameIsPathSegment('a/b', false)).to.deep.equal(["may not contain '/'"])
  })
})

describe('validateObjectMeta', () => {
  const valid: ObjectMeta = { name: 'a', namespace: 'b' }
  const cases: [string, ObjectMeta, string[]][] = [
    ['nothing wrong', { ...valid, labels: { a: 'b' }, finalizers: ['a.b/c'] }, []],
    ['no name', { namespace: 'b' }, ['metadata.name: Required value: name or generateName is required']],
    ['no namespace', { name: 'a' }, ['metadata.namespace: Required value']],
    [
      'a negative generation',
      { ...valid, generation: -1 },
      ['metadata.generation: Invalid value: -1: must be greater than or equal to 0'],
    ],
    [
      'two controllers',
      {
        ...valid,
        ownerReferences: [
          { apiVersion: 'v1', kind: 'Pod', name: 'a', uid: 'u', controller: true },
          { controller: true, apiVersion: 'v1', kind: 'Pod', name: 'b', uid: 'v' },
        ],
      },
      [
        'metadata.ownerReferences: Invalid value: [{"apiVersion":"v1","kind":"Pod","name":"a","uid":"u","controller":true},{"apiVersion":"v1","kind":"Pod","name":"b","uid":"v","controller":true}]: Only one reference can have Controller set to true. Found "true" in references for Pod/a and Pod/b',
      ],
    ],
    [
      'an owner without anything',
      { ...valid, ownerReferences: [{ apiVersion: 'v1', kind: '', name: '', uid: '' }] },
      [
        'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
        'metadata.ownerReferences.name: Invalid value: "": must not be empty',
        'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
      ],
    ],
    [
      'a finalizer of no domain',
      { ...valid, finalizers: ['nodomain'] },
      [
        'metadata.finalizers[0]: Invalid value: "nodomain": name is neither a standard finalizer name nor is it fully qualified',
      ],
    ],
    [
      'too large annotations',
      { ...valid, annotations: { a: 'x'.repeat(262144) } },
      ['metadata.annotations: Too long: may not be more than 262144 bytes'],
    ],
    ['an upper-case annotation', { ...valid, annotations: { 'Example.COM/a': '' } }, []],
  ]
  for (const [what, meta, expected] of cases) {
    it(`finds ${what}`, () => {
      const errors = validateObjectMeta(meta, { namespaced: true, strictFinalizers: true })
      expect(errors.map((error) => `${error.field}: ${error.message}`)).to.deep.equal(expected)
    })
  }

  it('forbids a namespace where there is none', () => {
    const errors = validateObjectMeta(valid, { namespaced: false })
    expect(errors).to.deep.equal([
      { reason: 'FieldValueForbidden', field: 'metadata.namespace', message: 'Forbidden: not allowed on this type' },
    ])
  })
})

describe('validateObjectMetaUpdate', () => {
  const old: ObjectMeta = {
    name: 'a',
    namespace: 'b',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
  }
  const cases: [string, ObjectMeta, ObjectMeta, string[]][] = [
    ['nothing', old, { ...old, labels: { a: 'b' } }, []],
    ['a changed uid', old, { ...old, uid: 'zzz' }, ['metadata.uid: Invalid value: "zzz": field is immutable']],
    [
      'a deletionTimestamp',
      old,
      { ...old, deletionTimestamp: '2001-01-01T00:00:00Z' },
      ['metadata.deletionTimestamp: Invalid value: "2001-01-01T00:00:00Z": field is immutable'],
    ],
    [
      'a new finalizer on the way out',
      { ...old, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['a.b/f'] },
      { ...old, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['a.b/f', 'a.b/g'] },
      [
        'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a.b/g"}',
      ],
    ],
    [
      'no resourceVersion',
      old,
      { ...old, resourceVersion: '' },
      ['metadata.resourceVersion: Invalid value: "": must be specified for an update'],
    ],
  ]
  for (const [what, before, after, expected] of cases) {
    it(`finds ${what}`, () => {
      const errors = validateObjectMetaUpdate(after, before)
      expect(errors.map((error) => `${error.field}: ${error.message}`)).to.deep.equal(expected)
    })
  }
})

describe('validateLabelSelector', () => {
  it('wants values where the operator does, and none elsewhere', () => {
    const matchExpressions = [
      { key: 'a', operator: 'In' },
      { key: 'b', operator: 'Exists', values: ['x'] },
      { key: 'c', operator: 'Near' },
    ]
    expect(
      validateLabelSelector({ matchExpressions }, field('spec', 'selector')).map(
        (error) => `${error.field}: ${error.message}`,
      ),
    ).to.deep.equal([
      "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      "spec.selector.matchExpressions[1].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      'spec.selector.matchExpressions[2].operator: Invalid value: "Near": not a valid selector operator',
    ])
  })
})

describe('validateFieldManager', () => {
  it('wants printable characters, few of them', () => {
    expect(validateFieldManager('kubectl-é', field('fieldManager'))).to.deep.equal([])
    expect(validateFieldManager('a\n', field('fieldManager')).map((error) => error.message)).to.deep.equal([
      'Invalid value: "a\\n": invalid character U+000A (at position 1)',
    ])
    expect(validateFieldManager('a'.repeat(129), field('fieldManager'))).to.have.length(1)
  })
})

describe('validateConditions', () => {
  it('wants each type once, complete', () => {
    const good = {
      type: 'Ready',
      status: 'True',
      reason: 'Ok',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    }
    expect(validateConditions([good], field('status', 'conditions'))).to.deep.equal([])
    expect(
      validateConditions([good, { ...good, reason: '' }], field('status', 'conditions')).map((error) => error.field),
    ).to.deep.equal(['status.conditions[1].type', 'status.conditions[1].reason'])
  })
})

describe('addresses', () => {
  const texts: [string, string | undefined][] = [
    ['10.9.8.7', '10.9.8.7'],
    ['010.09.8.7', '10.9.8.7'],
    ['10.9.8', undefined],
    ['256.1.1.1', undefined],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['1::2::3', undefined],
    ['1:2:3:4:5:6:7::8', undefined],
    ['12345::', undefined],
  ]
  for (const [text, expected] of texts) {
    it(`reads ${text} as ${expected ?? 'no address'}`, () => {
      const ip = parseIP(text)
      expect(ip === undefined ? undefined : formatIP(ip)).to.equal(expected)
    })
  }

  it('masks blocks', () => {
    expect(formatCIDR(parseCIDR('10.9.8.7/20')!)).to.equal('10.9.0.0/20')
    expect(formatCIDR(parseCIDR('2001:db8::1/33')!)).to.equal('2001:db8::/33')
    expect(parseCIDR('10.0.0.0/33')).to.equal(undefined)
  })

  it('tells what is not canonical', () => {
    const path = field('ip')
    const messages = (value: string) => isValidIP(path, value).map((error) => error.message)
    expect(messages('x')).to.deep.equal([
      'Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ])
    expect(messages('01.2.3.4')).to.deep.equal(['Invalid value: "01.2.3.4": must not have leading 0s'])
    expect(messages('::FFFF')).to.deep.equal(['Invalid value: "::FFFF": must be in canonical form ("::ffff")'])
    expect(isValidIPForLegacyField(path, '01.2.3.4', true, ['01.2.3.4'])).to.deep.equal([])
    expect(isValidCIDR(path, '10.0.0.1/24').map((error) => error.message)).to.deep.equal([
      'Invalid value: "10.0.0.1/24": must not have bits set beyond the prefix length',
    ])
    expect(warningsForIP(path, '2001:DB8::1')).to.deep.equal([
      'ip: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")',
    ])
  })
})
