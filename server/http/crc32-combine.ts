// The CRC-32 of two byte sequences one after the other, from the CRC-32 of each: no byte is looked at again.
// A CRC is a polynomial over two elements modulo `modulus`; appending n bytes multiplies what is there by x^(8n).
// Source: RFC 1952, section 8

/** Bits are reversed: the highest is x^0. */
const modulus = 0xedb88320
const one = 0x80000000

function multiply(a: number, b: number): number {
  let product = 0
  for (let bit = one; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= b
    b = (b & 1) !== 0 ? (b >>> 1) ^ modulus : b >>> 1
  }
  return product >>> 0
}

/** x^(2^n), by n. */
const powers: number[] = [one >>> 1]
for (let at = 1; at < 64; at++) powers.push(multiply(powers[at - 1]!, powers[at - 1]!))

/** @param length of the second sequence, in bytes */
export function combineCRC32(first: number, second: number, length: number): number {
  let shifted = first
  // Bits are eight times the bytes.
  for (let power = 3, left = length; left > 0; left = Math.floor(left / 2), power++) {
    if (left % 2 === 1) shifted = multiply(powers[power]!, shifted)
  }
  return (shifted ^ second) >>> 0
}
