import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** What a Signature Version 4 `Authorization` header says. */
export interface SignatureHeader {
  readonly accessKeyId: string;
  /** yyyymmdd */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

export interface SignedRequest {
  readonly method: string;
  /** As on the request line: path and query. */
  readonly target: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

const HEADER =
  /^AWS4-HMAC-SHA256 Credential=([A-Z0-9]{16,128})\/(\d{8})\/([a-z0-9-]{1,64})\/([a-z0-9-]{1,64})\/aws4_request, ?SignedHeaders=([a-z0-9;-]{1,2048}), ?Signature=([0-9a-f]{64})$/;

/** `null` where the header is no complete SigV4 header. */
export function parseSignatureHeader(header: string): SignatureHeader | null {
  const parts = HEADER.exec(header);
  if (!parts) return null;
  const [, accessKeyId = '', date = '', region = '', service = '', signedHeaders = '', signature = ''] = parts;
  return { accessKeyId, date, region, service, signedHeaders: signedHeaders.split(';'), signature };
}

/** `yyyymmddThhmmssZ` as a time; `null` for anything else. */
export function parseAmzDate(text: string): Date | null {
  const parts = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (!parts) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number);
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  return Number.isNaN(date.getTime()) ? null : date;
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data, 'utf8').digest();

/**
 * Whether `header` was made with `secretAccessKey` over exactly this request: method, path, query, the signed headers
 * (`host` and every `x-amz-*` that was sent among them) and the body. Source: "Create a signed AWS API request", IAM User Guide.
 */
export function signatureMatches(request: SignedRequest, header: SignatureHeader, secretAccessKey: string): boolean {
  const amzDate = request.headers['x-amz-date'] ?? '';
  if (!amzDate.startsWith(header.date) || !coversWhatMatters(request, header)) return false;
  const payloadHash = sha256(request.body);
  if ((request.headers['x-amz-content-sha256'] ?? payloadHash) !== payloadHash) return false;
  const scope = `${header.date}/${header.region}/${header.service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', amzDate, scope, sha256(canonicalRequest(request, header, payloadHash))].join('\n');
  const key = [header.date, header.region, header.service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  return timingSafeEqual(hmac(key, toSign), Buffer.from(header.signature, 'hex'));
}

function coversWhatMatters(request: SignedRequest, { signedHeaders }: SignatureHeader): boolean {
  const sent = Object.keys(request.headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
  return sent.every((name) => signedHeaders.includes(name));
}

function canonicalRequest(request: SignedRequest, header: SignatureHeader, payloadHash: string): string {
  const [path = '/', query = ''] = request.target.split('?', 2);
  const headers = header.signedHeaders.map((name) => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`).join('');
  const canonicalQuery = query
    .split('&')
    .filter(Boolean)
    .map((part) => (part.includes('=') ? part : `${part}=`))
    .sort()
    .join('&');
  return [request.method, path, canonicalQuery, headers, header.signedHeaders.join(';'), payloadHash].join('\n');
}
