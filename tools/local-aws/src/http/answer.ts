import type { AwsError } from '../aws-error.ts';
import type { Service } from '../operation.ts';
import { toXml } from './xml.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export type Wire = Pick<Service, 'protocol' | 'wireName'>;

/** What an operation returned, in its service's protocol. AWS JSON 1.1 writes times as seconds since the epoch. */
export function success(wire: Wire, operation: string, output: object, requestId: string): Answer {
  if (wire.protocol === 'json') return { status: 200, headers: jsonHeaders(requestId), body: JSON.stringify(withEpochTimes(output)) };
  const result = Object.keys(output).length > 0 ? { [`${operation}Result`]: output } : {};
  return xml(200, `${operation}Response`, wire.wireName, { ...result, ResponseMetadata: { RequestId: requestId } }, requestId);
}

export function failure(wire: Wire, error: AwsError, requestId: string): Answer {
  if (wire.protocol === 'json')
    return { status: error.status, headers: jsonHeaders(requestId), body: JSON.stringify({ __type: error.code, message: error.message }) };
  const fault = { Type: error.status >= 500 ? 'Receiver' : 'Sender', Code: error.code, Message: error.message };
  return xml(error.status, 'ErrorResponse', wire.wireName, { Error: fault, RequestId: requestId }, requestId);
}

const jsonHeaders = (requestId: string) => ({ 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': requestId });

const xml = (status: number, element: string, namespace: string, content: object, requestId: string): Answer => ({
  status,
  headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
  body: `<${element} xmlns="${namespace}">${toXml(content)}</${element}>`,
});

function withEpochTimes(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000;
  if (Array.isArray(value)) return value.map(withEpochTimes);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, withEpochTimes(child)]));
}
