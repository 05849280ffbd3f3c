/** For tests alone: a collector that keeps what it is sent. */
export { attributesOf, type Collector, type SentSpan, startCollector } from './collector.fixture.ts';
