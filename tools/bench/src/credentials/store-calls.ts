import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';

/** Every HTTP request of this process that reads Parameter Store, whoever made it, the SDK's own repeats included. */
export interface StoreCalls {
  readonly count: number;
  stop(): void;
}

const READS = /^AmazonSSM\.GetParameters?$/;

export function countStoreCalls(): StoreCalls {
  let count = 0;
  const onRequest = (message: unknown): void => {
    const { request } = message as { readonly request: ClientRequest };
    if (READS.test(String(request.getHeader('x-amz-target') ?? ''))) count += 1;
  };
  subscribe('http.client.request.start', onRequest);
  return {
    get count() {
      return count;
    },
    stop: () => void unsubscribe('http.client.request.start', onRequest),
  };
}
