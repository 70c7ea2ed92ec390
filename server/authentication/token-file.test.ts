// The CSV of --token-auth-file.
import { expect } from 'chai'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { UserInfo } from '../apimachinery/types.ts'
import { parseTokens, tokenFile } from './token-file.ts'

describe('token file', () => {
  const lines: { name: string; text: string; users: [string, UserInfo][] }[] = [
    { name: 'a user without groups', text: 't,u,1', users: [['t', { name: 'u', uid: '1', groups: [] }]] },
    { name: 'one group', text: 't,u,1,g', users: [['t', { name: 'u', uid: '1', groups: ['g'] }]] },
    {
      name: 'many groups, in quotes',
      text: 't,u,1,"g,h, i"',
      users: [['t', { name: 'u', uid: '1', groups: ['g', 'h', 'i'] }]],
    },
    {
      name: 'spaces around columns',
      text: ' t , u , 1 , "g,h" ',
      users: [['t', { name: 'u', uid: '1', groups: ['g', 'h'] }]],
    },
    { name: 'quotes in quotes', text: 't,"a ""b""",1', users: [['t', { name: 'a "b"', uid: '1', groups: [] }]] },
    { name: 'an empty uid', text: 't,u,', users: [['t', { name: 'u', uid: '', groups: [] }]] },
    {
      name: 'many lines, comments and empty ones',
      text: '# users\r\n\r\nt,u,1\r\nv,w,2\r\n',
      users: [
        ['t', { name: 'u', uid: '1', groups: [] }],
        ['v', { name: 'w', uid: '2', groups: [] }],
      ],
    },
    { name: 'a line without a token', text: ',u,1', users: [] },
    { name: 'nothing', text: '', users: [] },
  ]
  for (const { name, text, users } of lines) {
    it(`can have ${name}`, () => {
      expect([...parseTokens(text, 'f')]).to.deep.equal(users)
    })
  }

  it('must have three columns, and says where it has not', () => {
    expect(() => parseTokens('t,u,1\nx,y', 'tokens.csv')).to.throw(
      'tokens.csv, line 2: a token line has at least 3 columns (token, user name, user uid), found 2',
    )
  })

  it('makes an authenticator that knows its tokens, and leaves others to others', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubeling-tokens-'))
    try {
      const path = join(folder, 'tokens.csv')
      writeFileSync(path, 'secret,u,1,g\n')
      const authenticator = tokenFile(path)
      expect(authenticator.authenticate({ bearerToken: 'secret' })).to.deep.equal({
        name: 'u',
        uid: '1',
        groups: ['g'],
      })
      expect(authenticator.authenticate({ bearerToken: 'other' })).to.equal(undefined)
      expect(authenticator.authenticate({})).to.equal(undefined)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
