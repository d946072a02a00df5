export const handler = async (event) => `Hello, ${event.name ?? "world"}`;
