// Counts the events in a stream of a watch, without reading them.

/** A function of the pieces of one stream, in order: how many events each piece ends. */
export function eventCounter(accept: string): (piece: Buffer) => number {
  return accept.includes('protobuf') ? frames() : lines
}

/** JSON: one event a line. */
function lines(piece: Buffer): number {
  let count = 0
  for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) count++
  return count
}

/** Protobuf: each event behind its length, four bytes, the highest first. */
function frames(): (piece: Buffer) => number {
  let left = 0
  let lengthBytes = 0
  let length = 0
  return (piece) => {
    let count = 0
    let at = 0
    while (at < piece.length) {
      if (left > 0) {
        const taken = Math.min(left, piece.length - at)
        left -= taken
        at += taken
        if (left === 0) count++
        continue
      }
      length = length * 256 + piece[at++]!
      if (++lengthBytes < 4) continue
      left = length
      lengthBytes = length = 0
    }
    return count
  }
}
