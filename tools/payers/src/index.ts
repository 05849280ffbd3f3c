/** What is known of real payers' portals (`portal-types/`), checked, and the page that is made of it. Facts are claims of others: nothing here logs in anywhere. */
export { type PayerFile, readPayerFiles, topics, type Topic } from './payer-file.ts';
export { payersPage } from './render.ts';
