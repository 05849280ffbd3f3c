import type { Service } from '../operation.ts';
import { deleteParameter, deleteParameters } from './delete.ts';
import { getParameter, getParameters } from './get.ts';
import { labelParameterVersion, unlabelParameterVersion } from './label.ts';
import { describeParameters, getParameterHistory, getParametersByPath } from './list.ts';
import { putParameter } from './put.ts';
import { addTagsToResource, listTagsForResource, removeTagsFromResource } from './tag.ts';

/** Systems Manager, as far as Parameter Store goes. */
export const parameterStore: Service = {
  name: 'ssm',
  protocol: 'json',
  wireName: 'AmazonSSM',
  validationCode: 'ValidationException',
  internalErrorCode: 'InternalServerError',
  operations: {
    PutParameter: putParameter,
    GetParameter: getParameter,
    GetParameters: getParameters,
    GetParametersByPath: getParametersByPath,
    GetParameterHistory: getParameterHistory,
    DescribeParameters: describeParameters,
    DeleteParameter: deleteParameter,
    DeleteParameters: deleteParameters,
    LabelParameterVersion: labelParameterVersion,
    UnlabelParameterVersion: unlabelParameterVersion,
    AddTagsToResource: addTagsToResource,
    RemoveTagsFromResource: removeTagsFromResource,
    ListTagsForResource: listTagsForResource,
  },
};
