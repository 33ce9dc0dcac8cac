/** Documents byte for byte as the original console writes them (console.md §9.2). */
export const TOPIC =
  '{"alarmGroup":["ops"],"autoBatch":false,"compressType":"PRIMORDIAL","delayTopic":false,"limiterFailureRetryInterval":-1,"strongOrder":false,"topic":"t1","topicUnits":[{"brokerCluster":"R_default","maxTps":1024,"proxies":{"P_ddmq":["127.0.0.1:9613"]},"totalMaxTps":1024}]}'

export const GROUP =
  '{"asyncThreads":8,"committedLagThreshold":10000,"delayRequestHandlerThreads":-1,"delayTimeThreshold":300000,"enableAlarm":false,"group":"cg_x","topics":[{"actions":["Async","PullServer"],"brokerCluster":"R_default","committedLagThreshold":10000,"concurrency":1024,"delayTimeThreshold":300000,"enableAlarm":false,"enabled":true,"fetchThreads":1,"httpMaxTps":-1.0,"httpMethod":"POST","maxConsumeLag":-1,"maxPullBatchSize":8,"maxRetry":3,"maxTps":128.0,"pressureTraffic":false,"proxies":{"C_ddmq":["127.0.0.1:9713"]},"retryIntervals":[50,100,150],"timeout":1000,"topic":"t1","totalMaxTps":128.0}]}'

const CARRERA_CONFIGURATION =
  '{"autoBatch":{"batchWaitMills":5,"doBatchThresholdBytes":1024,"encodeWorkerThreads":4,"maxBatchMessagesNumber":32,"maxBathBytes":4096,"maxContinuouslyRunningMills":50,"maxEncodeWorkerForEachBroker":1},"defaultTopicInfoConf":{"topics":[]},"delay":{"chronosInnerTopicPrefix":"R_test_chronos_inner_","innerTopicNum":1},"kafkaProducers":3,"limiterFailureRetryQueueSize":1024,"maxTps":3000,"retryDelays":[200,500,1000,5000,10000],"rocketmqConfigurationMap":{"R_default":{"clientCallbackExecutorThreads":4,"compressMsgBodyOverHowmuch":4096,"groupPrefix":"carrera_rocketmq_producer_","heartbeatBrokerInterval":10000,"maxMessageSize":2097152,"namesrvAddrs":["127.0.0.1:9876"],"persistConsumerOffsetInterval":5000,"pollNameServerInterval":2000,"retryAnotherBrokerWhenNotStoreOK":false,"retryTimesWhenSendFailed":1,"sendMsgTimeout":3000}},"rocketmqProducers":3,"thriftServer":{"acceptQueueSizePerThread":100,"backlog":50,"clientTimeout":0,"maxReadBufferBytes":5000000,"port":9613,"selectorThreads":8,"timeoutCheckerThreads":3,"workerQueueSize":20000,"workerThreads":0},"tpsWarningRatio":0.8,"useAutoBatch":true,"useKafka":false,"useRequestLimiter":true,"useRocketmq":true,"warmUpConnection":true,"warmUpFetchTopicRouteInfo":true}'

export const PPROXY = `{"brokerClusters":["R_default"],"carreraConfiguration":${CARRERA_CONFIGURATION},"instance":"127.0.0.1:9613","proxyCluster":"P_ddmq","topics":["t1"]}`

export const CPROXY =
  '{"brokerClusters":["R_default"],"groups":["cg_x"],"instance":"127.0.0.1:9713","kafkaConfigs":{},"proxyCluster":"C_ddmq","rocketmqConfigs":{"R_default":{"clusterName":"R_default","consumeConcurrentlyMaxSpan":2000,"consumeFromWhere":"CONSUME_FROM_LAST_OFFSET","consumeMessageBatchMaxSize":1,"groupPrefix":"carrera_rocketmq_consumer_","heartbeatBrokerInterval":2000,"namesrvAddrs":["127.0.0.1:9876"],"persistConsumerOffsetInterval":5000,"pollNameServerInterval":2000,"pullBatchSize":32,"pullThresholdForQueue":1000}},"thriftServer":{"acceptQueueSizePerThread":100,"backlog":50,"maxReadBufferBytes":5000000,"maxRecvMsgsLength":4194304,"port":9713,"selectorThreads":16,"workerQueueSize":20000,"workerThreads":128}}'

export const BROKER =
  '{"brokerCluster":"R_default","brokerClusterAddrs":"127.0.0.1:9876","brokers":{"10.0.0.1:10911":["10.0.0.2:10911"]},"cproxies":{"C_ddmq":["127.0.0.1:9713"]},"pproxies":{"P_ddmq":["127.0.0.1:9613"]}}'
