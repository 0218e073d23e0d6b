export const fetch = async (..._args: unknown[]): Promise<number> => 0
