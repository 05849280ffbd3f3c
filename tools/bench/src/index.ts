/** npm run bench: each part measured side by side with its peers, one form of result. */
export {};
