export declare const TARGET: string;
export declare function buildKernels(): Promise<string>;
