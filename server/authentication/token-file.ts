// Static tokens: the CSV of --token-auth-file, `token,user,uid,"group1,group2"`.
// Source: apiserver/pkg/authentication/token/tokenfile, NewCSV (v1.36)
import { readFileSync } from 'node:fs'
import type { UserInfo } from '../apimachinery/types.ts'
import type { Authenticator } from './authenticator.ts'

/** @throws Error naming the line that cannot be read */
export function tokenFile(path: string): Authenticator {
  return staticTokens(parseTokens(readFileSync(path, 'utf8'), path))
}

export function staticTokens(users: ReadonlyMap<string, UserInfo>): Authenticator {
  return { authenticate: ({ bearerToken }) => (bearerToken === undefined ? undefined : users.get(bearerToken)) }
}

export function parseTokens(text: string, path: string): Map<string, UserInfo> {
  const users = new Map<string, UserInfo>()
  text.split(/\r?\n/).forEach((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return
    const columns = parseColumns(line)
    if (columns.length < 3) {
      throw new Error(
        `${path}, line ${index + 1}: a token line has at least 3 columns (token, user name, user uid), found ${columns.length}`,
      )
    }
    const [token = '', name = '', uid = '', groups = ''] = columns
    if (token === '') return
    users.set(token, { name, uid, groups: groups === '' ? [] : groups.split(',').map((group) => group.trim()) })
  })
  return users
}

/** One line of RFC 4180: quotes hold commas, a doubled quote is one. */
function parseColumns(line: string): string[] {
  const columns: string[] = []
  const pattern = /\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*(?:,|$)/gy
  for (;;) {
    const match = pattern.exec(line)
    if (match === null) return columns
    columns.push(match[1] === undefined ? match[2]!.trim() : match[1].replaceAll('""', '"'))
    // A comma at the end has an empty column after it.
    if (!match[0].endsWith(',')) return columns
  }
}
