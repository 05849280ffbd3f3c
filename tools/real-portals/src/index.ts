/** Web applications that are not ours, driven by recipes alone. */
export {};
