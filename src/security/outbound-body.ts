/** Response bodies are inflated under the cap that they are read under, so that a small answer cannot grow large. */
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib'
import { BadResponse } from './outbound-failure.ts'

/**
 * Undoes one `Content-Encoding`; the cap holds for what comes out and stops the work when it is reached.
 *
 * @throws BadResponse for an unknown or stacked coding, damaged bytes, or too much output.
 */
export async function inflateCapped(body: Buffer, encoding: string, maxBodyBytes: number): Promise<Buffer> {
  const coding = encoding.trim().toLowerCase()
  if (coding === '' || coding === 'identity' || body.length === 0) return body
  const decode = decoderFor(coding, body)
  if (decode === undefined) {
    throw new BadResponse('The answer is compressed in a way we do not read (known: gzip, br, deflate).')
  }
  try {
    return await decode(body, { maxOutputLength: maxBodyBytes })
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE') {
      throw tooLarge(maxBodyBytes)
    }
    throw new BadResponse('The compressed answer is damaged or cut short.', { cause })
  }
}

interface OutputBound {
  readonly maxOutputLength: number
}
type Decode = (body: Buffer, options: OutputBound) => Promise<Buffer>

const gunzipBounded: Decode = promisify<Buffer, OutputBound, Buffer>(gunzip)
const brotliBounded: Decode = promisify<Buffer, OutputBound, Buffer>(brotliDecompress)
const inflateBounded: Decode = promisify<Buffer, OutputBound, Buffer>(inflate)
const inflateRawBounded: Decode = promisify<Buffer, OutputBound, Buffer>(inflateRaw)

function decoderFor(coding: string, body: Buffer): Decode | undefined {
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return gunzipBounded
    case 'br':
      return brotliBounded
    case 'deflate':
      // Meant is the zlib format, but some servers send the bare stream; the first byte tells them apart.
      return ((body[0] ?? 0) & 0x0f) === 8 ? inflateBounded : inflateRawBounded
    default:
      return undefined
  }
}

/** What is larger than its cap, as sent or inflated. */
export function tooLarge(maxBodyBytes: number): BadResponse {
  return new BadResponse(`The answer is larger than ${maxBodyBytes} bytes.`)
}
