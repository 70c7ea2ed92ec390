// Label selectors, as text and as objects: what they match, and what is refused.
import { expect } from 'chai'
import fc from 'fast-check'
import { deepFreeze } from './equality.ts'
import {
  escapeFieldValue,
  formatLabelSelector,
  labelSelectorAsSelector,
  parseFieldSelector,
  parseLabelSelector,
  selectorFromSet,
} from './selectors.ts'

describe('parseLabelSelector', () => {
  const matching: [string, Record<string, string>, boolean][] = [
    ['', {}, true],
    ['a=b', { a: 'b' }, true],
    ['a==b', { a: 'c' }, false],
    ['a=', { a: '' }, true],
    ['a=', {}, false],
    ['a!=b', {}, true],
    ['a!=b', { a: 'b' }, false],
    ['a in (b, c)', { a: 'c' }, true],
    ['a in (b, c)', {}, false],
    ['a in ()', { a: '' }, true],
    ['a notin (b)', { a: 'c' }, true],
    ['a notin (b)', {}, true],
    ['a', { a: '' }, true],
    ['a', {}, false],
    ['!a', {}, true],
    ['! a', { a: '' }, false],
    ['a>1', { a: '2' }, true],
    ['a>1', { a: 'x' }, false],
    ['a<10', { a: '9' }, true],
    ['in in (in,notin)', { in: 'notin' }, true],
    ['a=b,c!=d,e in (x,y),!f', { a: 'b', e: 'x' }, true],
    ['a=b,c!=d,e in (x,y),!f', { a: 'b', e: 'x', f: '1' }, false],
    ['toString', {}, false],
  ]
  for (const [text, labels, expected] of matching) {
    it(`${text || 'an empty selector'} ${expected ? 'selects' : 'does not select'} ${JSON.stringify(labels)}`, () => {
      expect(parseLabelSelector(text).matches(labels)).to.equal(expected)
    })
  }

  const label = "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'"
  const refused: [string, string][] = [
    ['=x', "found '=', expected: !, identifier, or 'end of string'"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a=bad value!', "found 'value', expected: ',' or 'end of string'"],
    [
      '-x',
      `unable to parse requirement: <nil>: Invalid value: "-x": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is ${label})`,
    ],
    [',', "found ',', expected: !, identifier, or 'end of string'"],
    ['a,', "found '', expected: identifier after ','"],
    [
      'a>b',
      `unable to parse requirement: values[0]: Invalid value: "b": for 'Gt', 'Lt' operators, the value must be an integer`,
    ],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    ['a in (', "unable to parse requirement: found '', expected: ',', ')' or identifier"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a in (b,', "unable to parse requirement: found '', expected: ',', or identifier"],
    ['a=(', "unable to parse requirement: found '(', expected: identifier"],
  ]
  for (const [text, message] of refused) {
    it(`refuses ${text}`, () => {
      expect(() => parseLabelSelector(text))
        .to.throw(message)
        .with.property('code', 400)
    })
  }

  it('never fails otherwise than with 400', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'in', 'notin', '=', '!', '(', ')', ',', '>', '<', ' ', '-', '1'))
    fc.assert(
      fc.property(text, (parts) => {
        try {
          const selector = parseLabelSelector(parts.join(''))
          expect(String(parseLabelSelector(String(selector)))).to.equal(String(selector))
        } catch (error) {
          expect(error).to.have.property('code', 400)
        }
      }),
    )
  })
})

describe('labelSelectorAsSelector', () => {
  it('matches nothing without a selector and everything with an empty one', () => {
    expect(labelSelectorAsSelector(undefined).matches({})).to.equal(false)
    expect(labelSelectorAsSelector({}).matches({ a: 'b' })).to.equal(true)
  })

  it('asks for all of matchLabels and matchExpressions', () => {
    const selector = labelSelectorAsSelector(
      deepFreeze({
        matchLabels: { app: 'x' },
        matchExpressions: [{ key: 'tier', operator: 'In', values: ['b', 'a'] }],
      }),
    )
    expect(selector.matches({ app: 'x', tier: 'a' })).to.equal(true)
    expect(selector.matches({ app: 'x' })).to.equal(false)
    expect(selector.requiresExactMatch('app')).to.equal('x')
    expect(selector.requiresExactMatch('tier')).to.equal(undefined)
  })

  it('refuses an operator it does not know', () => {
    const selector = { matchExpressions: [{ key: 'a', operator: 'Near', values: [] }] }
    expect(() => labelSelectorAsSelector(selector)).to.throw('"Near" is not a valid label selector operator')
  })
})

describe('formatLabelSelector', () => {
  it('prints as tables do', () => {
    expect(formatLabelSelector(undefined)).to.equal('<none>')
    expect(formatLabelSelector({})).to.equal('<none>')
    const matchExpressions = [
      { key: 'tier', operator: 'In', values: ['b', 'a'] },
      { key: 'z', operator: 'Exists' },
    ]
    expect(formatLabelSelector({ matchLabels: { app: 'x' }, matchExpressions })).to.equal('app=x,tier in (a,b),z')
    expect(formatLabelSelector({ matchExpressions: [{ key: '', operator: 'In' }] })).to.equal('<error>')
    expect(String(selectorFromSet({ b: '1', a: '2' }))).to.equal('a=2,b=1')
  })
})

describe('parseFieldSelector', () => {
  const get = (field: string) => ({ 'metadata.name': 'a', 'spec.x': 'b,c=d\\' })[field] ?? ''
  const matching: [string, boolean][] = [
    ['', true],
    ['metadata.name=a', true],
    ['metadata.name==a', true],
    ['metadata.name!=a', false],
    ['metadata.name=a,status.phase!=Running', true],
    ['spec.x=b\\,c\\=d\\\\', true],
    ['spec.nodeName=', true],
  ]
  for (const [text, expected] of matching) {
    it(`${text || 'an empty selector'} ${expected ? 'matches' : 'does not match'}`, () => {
      expect(parseFieldSelector(text).matches(get)).to.equal(expected)
    })
  }

  it('refuses with upstream’s words', () => {
    expect(() => parseFieldSelector('metadata.name')).to.throw(
      "invalid selector: 'metadata.name'; can't understand 'metadata.name'",
    )
    expect(() => parseFieldSelector('a=b=c')).to.throw('invalid field selector: unescaped character in value: 61')
    expect(() => parseFieldSelector('a=b\\c')).to.throw('invalid field selector: invalid escape sequence: \\c')
    expect(() => parseFieldSelector('a=b\\'))
      .to.throw('invalid field selector: invalid escape sequence: \\')
      .with.property('code', 400)
  })

  it('reads back any value it escapes', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const selector = parseFieldSelector(`f=${escapeFieldValue(value)}`)
        expect(selector.requirements).to.deep.equal([{ field: 'f', operator: '=', value }])
      }),
    )
  })
})
