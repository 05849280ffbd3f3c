import { AwsError } from '../aws-error.ts';
import type { Service } from '../operation.ts';
import { parseSignatureHeader, type SignedRequest } from '../identity/signature.ts';
import { readQueryForm } from './query-form.ts';

/** Which service and operation a request is for, told from its headers alone where they say so. */
export interface Requested {
  readonly service: Service | null;
  /** `null` for a query call, whose action is in the body. */
  readonly operation: string | null;
}

export function requestedBy(services: readonly Service[], headers: SignedRequest['headers']): Requested {
  const target = headers['x-amz-target'];
  if (target !== undefined) {
    const [prefix, operation] = target.split('.', 2);
    return { service: services.find((each) => each.protocol === 'json' && each.wireName === prefix) ?? null, operation: operation ?? null };
  }
  const scope = parseSignatureHeader(headers.authorization ?? '')?.service;
  return { service: services.find((each) => each.protocol === 'query' && each.name === scope) ?? null, operation: null };
}

/** The operation's name and raw input. Fails with SerializationException or the query protocol's own errors. */
export function readCall(requested: Requested, body: Buffer): { readonly operation: string; readonly input: unknown } {
  if (requested.operation === null) {
    const { action, input } = readQueryForm(body.toString('utf8'));
    return { operation: action, input };
  }
  try {
    return { operation: requested.operation, input: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) };
  } catch {
    throw new AwsError('SerializationException', 'The request body is not JSON in UTF-8.');
  }
}
