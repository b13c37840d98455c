export const demoTarget: string;
export function freeFolder(name: string, exists: (name: string) => boolean): string;
