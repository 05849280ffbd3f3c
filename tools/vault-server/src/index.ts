/** A server that follows the HTTP contract of Vault KV v2 and AppRole to the letter, for tests and local work. */
export {};
