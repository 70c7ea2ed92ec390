// The certificates of a cluster: made once, kept in the data folder, renewed when they no longer fit.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  isUsable,
  newCertificateAuthority,
  newClientCertificate,
  newServingCertificate,
  type KeyPair,
} from './authentication/certificates.ts'
import type { KeyStore } from './authentication/service-account.ts'
import { makeFolder } from './folder.ts'

export interface PKI {
  readonly authority: KeyPair
  readonly serving: KeyPair
  /** Of the user `kubernetes-admin` in system:masters. */
  readonly admin: KeyPair
  readonly serviceAccountKeys: KeyStore
}

const adminUser = { name: 'kubernetes-admin', groups: ['kubeadm:cluster-admins', 'system:masters'] }
const authorityName = 'kubernetes'

/** A file of the folder is not what was written there. Nothing is made anew: clients trust the authority that was lost. */
export class DamagedPKIError extends Error {
  override readonly name = 'DamagedPKIError'
}

/** @param folder undefined keeps everything in memory; `names` are what clients reach the server by. @throws DamagedPKIError */
export async function preparePKI(folder: string | undefined, names: readonly string[], now: number): Promise<PKI> {
  const files = folder === undefined ? inMemory() : inFolder(folder)
  const kept = files.read('ca')
  if (kept !== undefined && !isPair(kept))
    throw new DamagedPKIError(`the certificate authority in ${folder} is damaged`)
  const authority = kept ?? (await newCertificateAuthority(authorityName, now))
  files.write('ca', authority)
  const pairFor = async (file: string, needed: readonly string[], make: () => Promise<KeyPair>): Promise<KeyPair> => {
    const known = files.read(file)
    if (known !== undefined && isPair(known) && isUsable(known, authority, needed, now)) return known
    const made = await make()
    files.write(file, made)
    return made
  }
  const [serving, admin] = await Promise.all([
    pairFor('apiserver', names, () => newServingCertificate(authority, names, now)),
    pairFor('admin', [], () => newClientCertificate(authority, adminUser, now)),
  ])
  return { authority, serving, admin, serviceAccountKeys: files.serviceAccountKeys }
}

/** Whether both can be read, and belong together. */
function isPair({ certificate, key }: KeyPair): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}

interface Files {
  read(name: string): KeyPair | undefined
  write(name: string, pair: KeyPair): void
  readonly serviceAccountKeys: KeyStore
}

function inMemory(): Files {
  return { read: () => undefined, write: () => {}, serviceAccountKeys: { load: () => undefined, save: () => {} } }
}

function inFolder(folder: string): Files {
  makeFolder(folder, 0o700)
  const read = (file: string): string | undefined =>
    existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8') : undefined
  const write = (file: string, text: string, mode: number): void => {
    if (read(file) !== text) writeFileSync(join(folder, file), text, { mode })
  }
  return {
    read(name) {
      const certificate = read(`${name}.crt`)
      const key = read(`${name}.key`)
      if (certificate === undefined && key === undefined) return undefined
      // One without the other is a pair that is damaged.
      return { certificate: certificate ?? '', key: key ?? '' }
    },
    write(name, { certificate, key }) {
      write(`${name}.crt`, certificate, 0o644)
      write(`${name}.key`, key, 0o600)
    },
    serviceAccountKeys: { load: () => read('sa.key'), save: (pem) => write('sa.key', pem, 0o600) },
  }
}
