// PEM texts, as Go reads them.
// Source: Go encoding/pem, Decode

export interface PEMBlock {
  /** `CERTIFICATE` */
  readonly type: string
  readonly hasHeaders: boolean
  readonly bytes: Buffer
}

const blockSyntax = /^-----BEGIN ([^\n]*?)-----[ \t]*\n((?:[^\n]*:[^\n]*\n)*)([\s\S]*?)^-----END \1-----[ \t]*$/gm

const base64Syntax = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** The blocks of a text, whatever stands between them. */
export function pemBlocks(text: string): PEMBlock[] {
  return Array.from(text.replaceAll('\r\n', '\n').matchAll(blockSyntax)).flatMap(
    ([, type = '', headers = '', body = '']) => {
      const base64 = body.replaceAll(/\s/g, '')
      // What does not decode is no block.
      if (!base64Syntax.test(base64)) return []
      return [{ type, hasHeaders: headers !== '', bytes: Buffer.from(base64, 'base64') }]
    },
  )
}

export function printPEM(type: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').replaceAll(/(.{64})(?=.)/g, '$1\n')
  return `-----BEGIN ${type}-----\n${lines}\n-----END ${type}-----\n`
}
