declare const htm: { bind(h: Function): (parts: TemplateStringsArray, ...values: any[]) => any };
export default htm;
