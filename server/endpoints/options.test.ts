// Query parameters, read as Go reads them.
import { expect } from 'chai'
import { StatusError } from '../apimachinery/errors.ts'
import { parseInteger, parseListOptions, parseRevision, parseWriteOptions } from './options.ts'

function refusalOf(parse: () => unknown): string {
  try {
    parse()
  } catch (error) {
    if (error instanceof StatusError) return `${error.code} ${error.message}`
    throw error
  }
  return 'taken'
}

const query = (text: string): URLSearchParams => new URLSearchParams(text)

describe('write options', () => {
  it('are none by default', () => {
    expect(parseWriteOptions(query(''), 'CreateOptions')).to.deep.equal({
      dryRun: false,
      fieldManager: '',
      fieldValidation: 'Warn',
      force: false,
    })
  })

  it('are read', () => {
    expect(
      parseWriteOptions(query('dryRun=All&fieldManager=m&fieldValidation=Strict&force=1'), 'PatchOptions', true),
    ).to.deep.equal({
      dryRun: true,
      fieldManager: 'm',
      fieldValidation: 'Strict',
      force: true,
    })
  })

  const bad: [text: string, kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions', isApply: boolean, why: string][] =
    [
      ['dryRun=Some', 'CreateOptions', false, 'dryRun: Unsupported value: ["Some"]: supported values: "All"'],
      [
        'fieldValidation=Maybe',
        'UpdateOptions',
        false,
        'fieldValidation: Unsupported value: "Maybe": supported values: "", "Ignore", "Strict", "Warn"',
      ],
      ['force=true', 'PatchOptions', false, 'force: Forbidden: may not be specified for non-apply patch'],
      ['', 'PatchOptions', true, 'fieldManager: Required value: is required for apply patch'],
      [
        `fieldManager=${'x'.repeat(129)}`,
        'PatchOptions',
        false,
        'fieldManager: Too long: may not be more than 128 bytes',
      ],
      [
        'fieldManager=a%0Ab',
        'PatchOptions',
        false,
        'fieldManager: Invalid value: "a\\nb": invalid character U+000A (at position 1)',
      ],
      [
        'fieldManager=%C3%BC%0A',
        'PatchOptions',
        false,
        'fieldManager: Invalid value: "ü\\n": invalid character U+000A (at position 2)',
      ],
    ]
  for (const [text, kind, isApply, why] of bad) {
    it(`refuse ${text === '' ? 'an apply without a manager' : text.slice(0, 30)}`, () => {
      expect(refusalOf(() => parseWriteOptions(query(text), kind, isApply))).to.equal(
        `422 ${kind}.meta.k8s.io "" is invalid: ${why}`,
      )
    })
  }
})

describe('list options', () => {
  it('are none by default', () => {
    expect(parseListOptions(query(''), false)).to.deep.equal({
      labelSelector: '',
      fieldSelector: '',
      resourceVersion: '',
      resourceVersionMatch: '',
      limit: 0,
      continueToken: '',
      timeoutSeconds: undefined,
      allowWatchBookmarks: false,
      sendInitialEvents: undefined,
    })
  })

  const booleans: [text: string, value: boolean][] = [
    ['1', true],
    ['true', true],
    ['x', true],
    ['', true],
    ['0', false],
    ['false', false],
    ['False', false],
  ]
  for (const [text, value] of booleans) {
    it(`take ${JSON.stringify(text)} for ${value}`, () => {
      expect(parseListOptions(query(`allowWatchBookmarks=${text}`), true).allowWatchBookmarks).to.equal(value)
    })
  }

  const lists: [text: string, isWatch: boolean, why: string][] = [
    ['resourceVersion=1&resourceVersionMatch=Exact', false, 'taken'],
    ['sendInitialEvents=true&resourceVersionMatch=NotOlderThan', true, 'taken'],
    ['limit=', false, '400 strconv.ParseInt: parsing "": invalid syntax'],
    ['limit=9223372036854775808', false, '400 strconv.ParseInt: parsing "9223372036854775808": value out of range'],
    ['limit=x', false, '400 strconv.ParseInt: parsing "x": invalid syntax'],
    ['timeoutSeconds=1.5', false, '400 strconv.ParseInt: parsing "1.5": invalid syntax'],
    [
      'resourceVersionMatch=Exact',
      false,
      '422 ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided',
    ],
    [
      'resourceVersion=0&resourceVersionMatch=Exact',
      false,
      '422 ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"',
    ],
    [
      'resourceVersion=1&resourceVersionMatch=Bogus',
      false,
      '422 ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Unsupported value: "Bogus": supported values: "Exact", "NotOlderThan", ""',
    ],
    [
      'sendInitialEvents=true',
      false,
      '422 ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list',
    ],
    [
      'resourceVersionMatch=Exact&continue=x',
      false,
      '422 ListOptions.meta.k8s.io "" is invalid: [resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided, resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided]',
    ],
  ]
  for (const [text, isWatch, why] of lists) {
    it(`of ${text}: ${why.slice(0, 3) === 'tak' ? 'taken' : 'refused'}`, () => {
      expect(refusalOf(() => parseListOptions(query(text), isWatch))).to.equal(why)
    })
  }
})

describe('numbers', () => {
  it('are whole, with a sign or without', () => {
    expect([parseInteger('5'), parseInteger('-5'), parseInteger('+5')]).to.deep.equal([5, -5, 5])
    for (const text of ['', 'x', '1.5', '1e3', ' 1'])
      expect(refusalOf(() => parseInteger(text))).to.match(/^400 strconv\.ParseInt: parsing /)
  })

  it('of revisions have no sign', () => {
    expect([parseRevision(''), parseRevision('0'), parseRevision('42')]).to.deep.equal([undefined, 0, 42])
    for (const text of ['-1', '+1', 'x'])
      expect(() => parseRevision(text)).to.throw(RangeError, `strconv.ParseUint: parsing "${text}": invalid syntax`)
  })
})
