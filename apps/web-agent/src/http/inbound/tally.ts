import type { Logger, Metrics } from '@rcm/telemetry';
import type { Confirmation, Refusal } from './gateway.ts';
import type { Given } from './give-code.ts';

/** By which way a message came. */
export interface Arrival {
  readonly gateway: string;
  /** Of the mailbox that it lay in. */
  readonly mailbox?: string;
  /** Of the request that brought it. */
  readonly requestId?: string;
}

/** Counts messages and logs what became of each: ids, and nothing that a message holds. */
export class MessageTally {
  readonly #logger: Logger;
  readonly #metrics: Metrics;

  constructor({ logger, metrics }: { readonly logger: Logger; readonly metrics: Metrics }) {
    [this.#logger, this.#metrics] = [logger, metrics];
  }

  refused(arrival: Arrival, reason: Refusal): void {
    this.#count(arrival, reason);
    // What lies in a mailbox anybody has sent; a gateway signs what it hands on.
    if (arrival.mailbox === undefined) this.#metrics.counter('rcm_gateway_refusals_total').inc({ reason });
    this.#logger.warn({ ...arrival, reason }, 'a message was refused');
  }

  given(arrival: Arrival, { end, login }: Given): void {
    this.#count(arrival, end);
    const { orgId, endpointId, requestId: codeRequestId } = login ?? {};
    this.#logger.info({ ...arrival, end, orgId, endpointId, codeRequestId }, 'a message came');
  }

  /** What a person has to answer, with what it is answered by. An address would not do: the log leaves out what addresses end with. */
  confirmation(arrival: Arrival, { confirms, of, by }: Confirmation): void {
    this.#count(arrival, 'confirmation');
    const words =
      confirms === 'subscription'
        ? 'a gateway asks whether it is to hand messages on: whoever has subscribed this address confirms it'
        : 'a gateway hands on no more messages: whoever did not mean that confirms the subscription anew';
    this.#logger.warn({ ...arrival, topic: of, confirmBy: by }, words);
  }

  #count({ gateway }: Arrival, end: string): void {
    this.#metrics.counter('rcm_inbound_messages_total').inc({ gateway, end });
  }
}
