// placeholder
export const verify = async (..._args: unknown[]): Promise<number> => 0
