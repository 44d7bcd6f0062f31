// Written by scripts/wire-types.ts from src/mesos/proto: change those files, not this one.

export type Status =
  | 'DRIVER_NOT_STARTED'
  | 'DRIVER_RUNNING'
  | 'DRIVER_ABORTED'
  | 'DRIVER_STOPPED'

export type FrameworkID = {
  readonly value: string
}

export type OfferID = {
  readonly value: string
}

export type AgentID = {
  readonly value: string
}

export type TaskID = {
  readonly value: string
}

export type ExecutorID = {
  readonly value: string
}

export type ContainerID = {
  readonly value: string
  readonly parent?: ContainerID | undefined
}

export type ResourceProviderID = {
  readonly value: string
}

export type OperationID = {
  readonly value: string
}

export type TimeInfo = {
  readonly nanoseconds: number
}

export type DurationInfo = {
  readonly nanoseconds: number
}

export type Address = {
  readonly hostname?: string | undefined
  readonly ip?: string | undefined
  readonly port: number
}

export type URL = {
  readonly scheme: string
  readonly address: Address
  readonly path?: string | undefined
  readonly query?: readonly Parameter[] | undefined
  readonly fragment?: string | undefined
}

export type Unavailability = {
  readonly start: TimeInfo
  readonly duration?: DurationInfo | undefined
}

export type MachineID = {
  readonly hostname?: string | undefined
  readonly ip?: string | undefined
}

export type MachineInfo = {
  readonly id: MachineID
  readonly mode?: MachineInfoMode | undefined
  readonly unavailability?: Unavailability | undefined
}

export type MachineInfoMode =
  | 'UP'
  | 'DRAINING'
  | 'DOWN'

export type FrameworkInfo = {
  readonly user: string
  readonly name: string
  readonly id?: FrameworkID | undefined
  readonly failover_timeout?: number | undefined
  readonly checkpoint?: boolean | undefined
  readonly role?: string | undefined
  readonly roles?: readonly string[] | undefined
  readonly hostname?: string | undefined
  readonly principal?: string | undefined
  readonly webui_url?: string | undefined
  readonly capabilities?: readonly FrameworkInfoCapability[] | undefined
  readonly labels?: Labels | undefined
  readonly offer_filters?: Readonly<Record<string, OfferFilters>> | undefined
}

export type FrameworkInfoCapability = {
  readonly type?: FrameworkInfoCapabilityType | undefined
}

export type FrameworkInfoCapabilityType =
  | 'UNKNOWN'
  | 'REVOCABLE_RESOURCES'
  | 'TASK_KILLING_STATE'
  | 'GPU_RESOURCES'
  | 'SHARED_RESOURCES'
  | 'PARTITION_AWARE'
  | 'MULTI_ROLE'
  | 'RESERVATION_REFINEMENT'
  | 'REGION_AWARE'

export type CheckInfo = {
  readonly type?: CheckInfoType | undefined
  readonly command?: CheckInfoCommand | undefined
  readonly http?: CheckInfoHttp | undefined
  readonly tcp?: CheckInfoTcp | undefined
  readonly delay_seconds?: number | undefined
  readonly interval_seconds?: number | undefined
  readonly timeout_seconds?: number | undefined
}

export type CheckInfoType =
  | 'UNKNOWN'
  | 'COMMAND'
  | 'HTTP'
  | 'TCP'

export type CheckInfoCommand = {
  readonly command: CommandInfo
}

export type CheckInfoHttp = {
  readonly port: number
  readonly path?: string | undefined
}

export type CheckInfoTcp = {
  readonly port: number
}

export type HealthCheck = {
  readonly delay_seconds?: number | undefined
  readonly interval_seconds?: number | undefined
  readonly timeout_seconds?: number | undefined
  readonly consecutive_failures?: number | undefined
  readonly grace_period_seconds?: number | undefined
  readonly type?: HealthCheckType | undefined
  readonly command?: CommandInfo | undefined
  readonly http?: HealthCheckHTTPCheckInfo | undefined
  readonly tcp?: HealthCheckTCPCheckInfo | undefined
}

export type HealthCheckType =
  | 'UNKNOWN'
  | 'COMMAND'
  | 'HTTP'
  | 'TCP'

export type HealthCheckHTTPCheckInfo = {
  readonly protocol?: NetworkInfoProtocol | undefined
  readonly scheme?: string | undefined
  readonly port: number
  readonly path?: string | undefined
  readonly statuses?: readonly number[] | undefined
}

export type HealthCheckTCPCheckInfo = {
  readonly protocol?: NetworkInfoProtocol | undefined
  readonly port: number
}

export type KillPolicy = {
  readonly grace_period?: DurationInfo | undefined
}

export type CommandInfo = {
  readonly uris?: readonly CommandInfoURI[] | undefined
  readonly environment?: Environment | undefined
  readonly shell?: boolean | undefined
  readonly value?: string | undefined
  readonly arguments?: readonly string[] | undefined
  readonly user?: string | undefined
}

export type CommandInfoURI = {
  readonly value: string
  readonly executable?: boolean | undefined
  readonly extract?: boolean | undefined
  readonly cache?: boolean | undefined
  readonly output_file?: string | undefined
}

export type ExecutorInfo = {
  readonly type?: ExecutorInfoType | undefined
  readonly executor_id: ExecutorID
  readonly framework_id?: FrameworkID | undefined
  readonly command?: CommandInfo | undefined
  readonly container?: ContainerInfo | undefined
  readonly resources?: readonly Resource[] | undefined
  readonly name?: string | undefined
  readonly source?: string | undefined
  readonly data?: Uint8Array | undefined
  readonly discovery?: DiscoveryInfo | undefined
  readonly shutdown_grace_period?: DurationInfo | undefined
  readonly labels?: Labels | undefined
}

export type ExecutorInfoType =
  | 'UNKNOWN'
  | 'DEFAULT'
  | 'CUSTOM'

export type DomainInfo = {
  readonly fault_domain?: DomainInfoFaultDomain | undefined
}

export type DomainInfoFaultDomain = {
  readonly region: DomainInfoFaultDomainRegionInfo
  readonly zone: DomainInfoFaultDomainZoneInfo
}

export type DomainInfoFaultDomainRegionInfo = {
  readonly name: string
}

export type DomainInfoFaultDomainZoneInfo = {
  readonly name: string
}

export type MasterInfo = {
  readonly id: string
  readonly ip: number
  readonly port: number
  readonly pid?: string | undefined
  readonly hostname?: string | undefined
  readonly version?: string | undefined
  readonly address?: Address | undefined
  readonly domain?: DomainInfo | undefined
  readonly capabilities?: readonly MasterInfoCapability[] | undefined
}

export type MasterInfoCapability = {
  readonly type?: MasterInfoCapabilityType | undefined
}

export type MasterInfoCapabilityType =
  | 'UNKNOWN'
  | 'AGENT_UPDATE'
  | 'AGENT_DRAINING'
  | 'QUOTA_V2'

export type AgentInfo = {
  readonly hostname: string
  readonly port?: number | undefined
  readonly resources?: readonly Resource[] | undefined
  readonly attributes?: readonly Attribute[] | undefined
  readonly id?: AgentID | undefined
  readonly domain?: DomainInfo | undefined
}

export type AgentInfoCapability = {
  readonly type?: AgentInfoCapabilityType | undefined
}

export type AgentInfoCapabilityType =
  | 'UNKNOWN'
  | 'MULTI_ROLE'
  | 'HIERARCHICAL_ROLE'
  | 'RESERVATION_REFINEMENT'
  | 'RESOURCE_PROVIDER'
  | 'RESIZE_VOLUME'
  | 'AGENT_OPERATION_FEEDBACK'
  | 'AGENT_DRAINING'
  | 'TASK_RESOURCE_LIMITS'

export type CSIPluginContainerInfo = {
  readonly services?: readonly CSIPluginContainerInfoService[] | undefined
  readonly command?: CommandInfo | undefined
  readonly resources?: readonly Resource[] | undefined
  readonly container?: ContainerInfo | undefined
}

export type CSIPluginContainerInfoService =
  | 'UNKNOWN'
  | 'CONTROLLER_SERVICE'
  | 'NODE_SERVICE'

export type CSIPluginEndpoint = {
  readonly csi_service: CSIPluginContainerInfoService
  readonly endpoint: string
}

export type CSIPluginInfo = {
  readonly type: string
  readonly name?: string | undefined
  readonly containers?: readonly CSIPluginContainerInfo[] | undefined
  readonly endpoints?: readonly CSIPluginEndpoint[] | undefined
  readonly target_path_root?: string | undefined
  readonly target_path_exists?: boolean | undefined
}

export type ResourceProviderInfo = {
  readonly id?: ResourceProviderID | undefined
  readonly attributes?: readonly Attribute[] | undefined
  readonly type: string
  readonly name: string
  readonly default_reservations?: readonly ResourceReservationInfo[] | undefined
  readonly storage?: ResourceProviderInfoStorage | undefined
}

export type ResourceProviderInfoStorage = {
  readonly plugin: CSIPluginInfo
  readonly reconciliation_interval_seconds?: number | undefined
}

export type Value = {
  readonly type: ValueType
  readonly scalar?: ValueScalar | undefined
  readonly ranges?: ValueRanges | undefined
  readonly set?: ValueSet | undefined
  readonly text?: ValueText | undefined
}

export type ValueType =
  | 'SCALAR'
  | 'RANGES'
  | 'SET'
  | 'TEXT'

export type ValueScalar = {
  readonly value: number
}

export type ValueRange = {
  readonly begin: number
  readonly end: number
}

export type ValueRanges = {
  readonly range?: readonly ValueRange[] | undefined
}

export type ValueSet = {
  readonly item?: readonly string[] | undefined
}

export type ValueText = {
  readonly value: string
}

export type Attribute = {
  readonly name: string
  readonly type: ValueType
  readonly scalar?: ValueScalar | undefined
  readonly ranges?: ValueRanges | undefined
  readonly set?: ValueSet | undefined
  readonly text?: ValueText | undefined
}

export type Resource = {
  readonly provider_id?: ResourceProviderID | undefined
  readonly name: string
  readonly type: ValueType
  readonly scalar?: ValueScalar | undefined
  readonly ranges?: ValueRanges | undefined
  readonly set?: ValueSet | undefined
  readonly role?: string | undefined
  readonly allocation_info?: ResourceAllocationInfo | undefined
  readonly reservation?: ResourceReservationInfo | undefined
  readonly reservations?: readonly ResourceReservationInfo[] | undefined
  readonly disk?: ResourceDiskInfo | undefined
  readonly revocable?: ResourceRevocableInfo | undefined
  readonly shared?: ResourceSharedInfo | undefined
}

export type ResourceAllocationInfo = {
  readonly role?: string | undefined
}

export type ResourceReservationInfo = {
  readonly type?: ResourceReservationInfoType | undefined
  readonly role?: string | undefined
  readonly principal?: string | undefined
  readonly labels?: Labels | undefined
}

export type ResourceReservationInfoType =
  | 'UNKNOWN'
  | 'STATIC'
  | 'DYNAMIC'

export type ResourceDiskInfo = {
  readonly persistence?: ResourceDiskInfoPersistence | undefined
  readonly volume?: Volume | undefined
  readonly source?: ResourceDiskInfoSource | undefined
}

export type ResourceDiskInfoPersistence = {
  readonly id: string
  readonly principal?: string | undefined
}

export type ResourceDiskInfoSource = {
  readonly type: ResourceDiskInfoSourceType
  readonly path?: ResourceDiskInfoSourcePath | undefined
  readonly mount?: ResourceDiskInfoSourceMount | undefined
  readonly vendor?: string | undefined
  readonly id?: string | undefined
  readonly metadata?: Labels | undefined
  readonly profile?: string | undefined
}

export type ResourceDiskInfoSourceType =
  | 'UNKNOWN'
  | 'PATH'
  | 'MOUNT'
  | 'BLOCK'
  | 'RAW'

export type ResourceDiskInfoSourcePath = {
  readonly root?: string | undefined
}

export type ResourceDiskInfoSourceMount = {
  readonly root?: string | undefined
}

export type ResourceRevocableInfo = Record<never, never>

export type ResourceSharedInfo = Record<never, never>

export type TrafficControlStatistics = {
  readonly id: string
  readonly backlog?: number | undefined
  readonly bytes?: number | undefined
  readonly drops?: number | undefined
  readonly overlimits?: number | undefined
  readonly packets?: number | undefined
  readonly qlen?: number | undefined
  readonly ratebps?: number | undefined
  readonly ratepps?: number | undefined
  readonly requeues?: number | undefined
}

export type IpStatistics = {
  readonly Forwarding?: number | undefined
  readonly DefaultTTL?: number | undefined
  readonly InReceives?: number | undefined
  readonly InHdrErrors?: number | undefined
  readonly InAddrErrors?: number | undefined
  readonly ForwDatagrams?: number | undefined
  readonly InUnknownProtos?: number | undefined
  readonly InDiscards?: number | undefined
  readonly InDelivers?: number | undefined
  readonly OutRequests?: number | undefined
  readonly OutDiscards?: number | undefined
  readonly OutNoRoutes?: number | undefined
  readonly ReasmTimeout?: number | undefined
  readonly ReasmReqds?: number | undefined
  readonly ReasmOKs?: number | undefined
  readonly ReasmFails?: number | undefined
  readonly FragOKs?: number | undefined
  readonly FragFails?: number | undefined
  readonly FragCreates?: number | undefined
}

export type IcmpStatistics = {
  readonly InMsgs?: number | undefined
  readonly InErrors?: number | undefined
  readonly InCsumErrors?: number | undefined
  readonly InDestUnreachs?: number | undefined
  readonly InTimeExcds?: number | undefined
  readonly InParmProbs?: number | undefined
  readonly InSrcQuenchs?: number | undefined
  readonly InRedirects?: number | undefined
  readonly InEchos?: number | undefined
  readonly InEchoReps?: number | undefined
  readonly InTimestamps?: number | undefined
  readonly InTimestampReps?: number | undefined
  readonly InAddrMasks?: number | undefined
  readonly InAddrMaskReps?: number | undefined
  readonly OutMsgs?: number | undefined
  readonly OutErrors?: number | undefined
  readonly OutDestUnreachs?: number | undefined
  readonly OutTimeExcds?: number | undefined
  readonly OutParmProbs?: number | undefined
  readonly OutSrcQuenchs?: number | undefined
  readonly OutRedirects?: number | undefined
  readonly OutEchos?: number | undefined
  readonly OutEchoReps?: number | undefined
  readonly OutTimestamps?: number | undefined
  readonly OutTimestampReps?: number | undefined
  readonly OutAddrMasks?: number | undefined
  readonly OutAddrMaskReps?: number | undefined
}

export type TcpStatistics = {
  readonly RtoAlgorithm?: number | undefined
  readonly RtoMin?: number | undefined
  readonly RtoMax?: number | undefined
  readonly MaxConn?: number | undefined
  readonly ActiveOpens?: number | undefined
  readonly PassiveOpens?: number | undefined
  readonly AttemptFails?: number | undefined
  readonly EstabResets?: number | undefined
  readonly CurrEstab?: number | undefined
  readonly InSegs?: number | undefined
  readonly OutSegs?: number | undefined
  readonly RetransSegs?: number | undefined
  readonly InErrs?: number | undefined
  readonly OutRsts?: number | undefined
  readonly InCsumErrors?: number | undefined
}

export type UdpStatistics = {
  readonly InDatagrams?: number | undefined
  readonly NoPorts?: number | undefined
  readonly InErrors?: number | undefined
  readonly OutDatagrams?: number | undefined
  readonly RcvbufErrors?: number | undefined
  readonly SndbufErrors?: number | undefined
  readonly InCsumErrors?: number | undefined
  readonly IgnoredMulti?: number | undefined
}

export type SNMPStatistics = {
  readonly ip_stats?: IpStatistics | undefined
  readonly icmp_stats?: IcmpStatistics | undefined
  readonly tcp_stats?: TcpStatistics | undefined
  readonly udp_stats?: UdpStatistics | undefined
}

export type DiskStatistics = {
  readonly source?: ResourceDiskInfoSource | undefined
  readonly persistence?: ResourceDiskInfoPersistence | undefined
  readonly limit_bytes?: number | undefined
  readonly used_bytes?: number | undefined
}

export type ResourceStatistics = {
  readonly timestamp: number
  readonly processes?: number | undefined
  readonly threads?: number | undefined
  readonly cpus_user_time_secs?: number | undefined
  readonly cpus_system_time_secs?: number | undefined
  readonly cpus_limit?: number | undefined
  readonly cpus_soft_limit?: number | undefined
  readonly cpus_nr_periods?: number | undefined
  readonly cpus_nr_throttled?: number | undefined
  readonly cpus_throttled_time_secs?: number | undefined
  readonly mem_total_bytes?: number | undefined
  readonly mem_total_memsw_bytes?: number | undefined
  readonly mem_kmem_usage_bytes?: number | undefined
  readonly mem_kmem_tcp_usage_bytes?: number | undefined
  readonly mem_limit_bytes?: number | undefined
  readonly mem_soft_limit_bytes?: number | undefined
  readonly mem_file_bytes?: number | undefined
  readonly mem_anon_bytes?: number | undefined
  readonly mem_cache_bytes?: number | undefined
  readonly mem_rss_bytes?: number | undefined
  readonly mem_mapped_file_bytes?: number | undefined
  readonly mem_swap_bytes?: number | undefined
  readonly mem_unevictable_bytes?: number | undefined
  readonly mem_low_pressure_counter?: number | undefined
  readonly mem_medium_pressure_counter?: number | undefined
  readonly mem_critical_pressure_counter?: number | undefined
  readonly disk_limit_bytes?: number | undefined
  readonly disk_used_bytes?: number | undefined
  readonly disk_statistics?: readonly DiskStatistics[] | undefined
  readonly blkio_statistics?: CgroupInfoBlkioStatistics | undefined
  readonly perf?: PerfStatistics | undefined
  readonly net_rx_packets?: number | undefined
  readonly net_rx_bytes?: number | undefined
  readonly net_rx_errors?: number | undefined
  readonly net_rx_dropped?: number | undefined
  readonly net_tx_packets?: number | undefined
  readonly net_tx_bytes?: number | undefined
  readonly net_tx_errors?: number | undefined
  readonly net_tx_dropped?: number | undefined
  readonly net_tx_rate_limit?: number | undefined
  readonly net_tx_burst_rate_limit?: number | undefined
  readonly net_tx_burst_size?: number | undefined
  readonly net_rx_rate_limit?: number | undefined
  readonly net_rx_burst_rate_limit?: number | undefined
  readonly net_rx_burst_size?: number | undefined
  readonly net_rate_statistics?: ResourceStatisticsRateStatistics | undefined
  readonly net_ephemeral_ports?: ValueRange | undefined
  readonly net_tcp_rtt_microsecs_p50?: number | undefined
  readonly net_tcp_rtt_microsecs_p90?: number | undefined
  readonly net_tcp_rtt_microsecs_p95?: number | undefined
  readonly net_tcp_rtt_microsecs_p99?: number | undefined
  readonly net_tcp_active_connections?: number | undefined
  readonly net_tcp_time_wait_connections?: number | undefined
  readonly net_traffic_control_statistics?: readonly TrafficControlStatistics[] | undefined
  readonly net_snmp_statistics?: SNMPStatistics | undefined
}

export type ResourceStatisticsRatePercentiles = {
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly p50?: number | undefined
  readonly p90?: number | undefined
  readonly p95?: number | undefined
  readonly p99?: number | undefined
  readonly p999?: number | undefined
  readonly p9999?: number | undefined
  readonly samples?: number | undefined
}

export type ResourceStatisticsRateStatistics = {
  readonly rx_rate?: ResourceStatisticsRatePercentiles | undefined
  readonly rx_packet_rate?: ResourceStatisticsRatePercentiles | undefined
  readonly rx_drop_rate?: ResourceStatisticsRatePercentiles | undefined
  readonly rx_error_rate?: ResourceStatisticsRatePercentiles | undefined
  readonly tx_rate?: ResourceStatisticsRatePercentiles | undefined
  readonly tx_packet_rate?: ResourceStatisticsRatePercentiles | undefined
  readonly tx_drop_rate?: ResourceStatisticsRatePercentiles | undefined
  readonly tx_error_rate?: ResourceStatisticsRatePercentiles | undefined
  readonly sampling_window_secs?: number | undefined
  readonly sampling_interval_secs?: number | undefined
}

export type ResourceUsage = {
  readonly executors?: readonly ResourceUsageExecutor[] | undefined
  readonly total?: readonly Resource[] | undefined
}

export type ResourceUsageExecutor = {
  readonly executor_info: ExecutorInfo
  readonly allocated?: readonly Resource[] | undefined
  readonly statistics?: ResourceStatistics | undefined
  readonly container_id: ContainerID
  readonly tasks?: readonly ResourceUsageExecutorTask[] | undefined
}

export type ResourceUsageExecutorTask = {
  readonly name: string
  readonly id: TaskID
  readonly resources?: readonly Resource[] | undefined
  readonly labels?: Labels | undefined
}

export type PerfStatistics = {
  readonly timestamp: number
  readonly duration: number
  readonly cycles?: number | undefined
  readonly stalled_cycles_frontend?: number | undefined
  readonly stalled_cycles_backend?: number | undefined
  readonly instructions?: number | undefined
  readonly cache_references?: number | undefined
  readonly cache_misses?: number | undefined
  readonly branches?: number | undefined
  readonly branch_misses?: number | undefined
  readonly bus_cycles?: number | undefined
  readonly ref_cycles?: number | undefined
  readonly cpu_clock?: number | undefined
  readonly task_clock?: number | undefined
  readonly page_faults?: number | undefined
  readonly minor_faults?: number | undefined
  readonly major_faults?: number | undefined
  readonly context_switches?: number | undefined
  readonly cpu_migrations?: number | undefined
  readonly alignment_faults?: number | undefined
  readonly emulation_faults?: number | undefined
  readonly l1_dcache_loads?: number | undefined
  readonly l1_dcache_load_misses?: number | undefined
  readonly l1_dcache_stores?: number | undefined
  readonly l1_dcache_store_misses?: number | undefined
  readonly l1_dcache_prefetches?: number | undefined
  readonly l1_dcache_prefetch_misses?: number | undefined
  readonly l1_icache_loads?: number | undefined
  readonly l1_icache_load_misses?: number | undefined
  readonly l1_icache_prefetches?: number | undefined
  readonly l1_icache_prefetch_misses?: number | undefined
  readonly llc_loads?: number | undefined
  readonly llc_load_misses?: number | undefined
  readonly llc_stores?: number | undefined
  readonly llc_store_misses?: number | undefined
  readonly llc_prefetches?: number | undefined
  readonly llc_prefetch_misses?: number | undefined
  readonly dtlb_loads?: number | undefined
  readonly dtlb_load_misses?: number | undefined
  readonly dtlb_stores?: number | undefined
  readonly dtlb_store_misses?: number | undefined
  readonly dtlb_prefetches?: number | undefined
  readonly dtlb_prefetch_misses?: number | undefined
  readonly itlb_loads?: number | undefined
  readonly itlb_load_misses?: number | undefined
  readonly branch_loads?: number | undefined
  readonly branch_load_misses?: number | undefined
  readonly node_loads?: number | undefined
  readonly node_load_misses?: number | undefined
  readonly node_stores?: number | undefined
  readonly node_store_misses?: number | undefined
  readonly node_prefetches?: number | undefined
  readonly node_prefetch_misses?: number | undefined
}

export type OfferFilters = {
  readonly min_allocatable_resources?: OfferFiltersMinAllocatableResources | undefined
}

export type OfferFiltersResourceQuantities = {
  readonly quantities?: Readonly<Record<string, ValueScalar>> | undefined
}

export type OfferFiltersMinAllocatableResources = {
  readonly quantities?: readonly OfferFiltersResourceQuantities[] | undefined
}

export type Request = {
  readonly agent_id?: AgentID | undefined
  readonly resources?: readonly Resource[] | undefined
}

export type Offer = {
  readonly id: OfferID
  readonly framework_id: FrameworkID
  readonly agent_id: AgentID
  readonly hostname: string
  readonly url?: URL | undefined
  readonly domain?: DomainInfo | undefined
  readonly resources?: readonly Resource[] | undefined
  readonly attributes?: readonly Attribute[] | undefined
  readonly executor_ids?: readonly ExecutorID[] | undefined
  readonly unavailability?: Unavailability | undefined
  readonly allocation_info?: ResourceAllocationInfo | undefined
}

export type OfferOperation = {
  readonly type?: OfferOperationType | undefined
  readonly id?: OperationID | undefined
  readonly launch?: OfferOperationLaunch | undefined
  readonly launch_group?: OfferOperationLaunchGroup | undefined
  readonly reserve?: OfferOperationReserve | undefined
  readonly unreserve?: OfferOperationUnreserve | undefined
  readonly create?: OfferOperationCreate | undefined
  readonly destroy?: OfferOperationDestroy | undefined
  readonly grow_volume?: OfferOperationGrowVolume | undefined
  readonly shrink_volume?: OfferOperationShrinkVolume | undefined
  readonly create_disk?: OfferOperationCreateDisk | undefined
  readonly destroy_disk?: OfferOperationDestroyDisk | undefined
}

export type OfferOperationType =
  | 'UNKNOWN'
  | 'LAUNCH'
  | 'LAUNCH_GROUP'
  | 'RESERVE'
  | 'UNRESERVE'
  | 'CREATE'
  | 'DESTROY'
  | 'GROW_VOLUME'
  | 'SHRINK_VOLUME'
  | 'CREATE_DISK'
  | 'DESTROY_DISK'

export type OfferOperationLaunch = {
  readonly task_infos?: readonly TaskInfo[] | undefined
}

export type OfferOperationLaunchGroup = {
  readonly executor: ExecutorInfo
  readonly task_group: TaskGroupInfo
}

export type OfferOperationReserve = {
  readonly source?: readonly Resource[] | undefined
  readonly resources?: readonly Resource[] | undefined
}

export type OfferOperationUnreserve = {
  readonly resources?: readonly Resource[] | undefined
}

export type OfferOperationCreate = {
  readonly volumes?: readonly Resource[] | undefined
}

export type OfferOperationDestroy = {
  readonly volumes?: readonly Resource[] | undefined
}

export type OfferOperationGrowVolume = {
  readonly volume: Resource
  readonly addition: Resource
}

export type OfferOperationShrinkVolume = {
  readonly volume: Resource
  readonly subtract: ValueScalar
}

export type OfferOperationCreateDisk = {
  readonly source: Resource
  readonly target_type: ResourceDiskInfoSourceType
  readonly target_profile?: string | undefined
}

export type OfferOperationDestroyDisk = {
  readonly source: Resource
}

export type InverseOffer = {
  readonly id: OfferID
  readonly url?: URL | undefined
  readonly framework_id: FrameworkID
  readonly agent_id?: AgentID | undefined
  readonly unavailability: Unavailability
  readonly resources?: readonly Resource[] | undefined
}

export type TaskInfo = {
  readonly name: string
  readonly task_id: TaskID
  readonly agent_id: AgentID
  readonly resources?: readonly Resource[] | undefined
  readonly executor?: ExecutorInfo | undefined
  readonly command?: CommandInfo | undefined
  readonly container?: ContainerInfo | undefined
  readonly health_check?: HealthCheck | undefined
  readonly check?: CheckInfo | undefined
  readonly kill_policy?: KillPolicy | undefined
  readonly data?: Uint8Array | undefined
  readonly labels?: Labels | undefined
  readonly discovery?: DiscoveryInfo | undefined
  readonly max_completion_time?: DurationInfo | undefined
  readonly limits?: Readonly<Record<string, ValueScalar>> | undefined
}

export type TaskGroupInfo = {
  readonly tasks?: readonly TaskInfo[] | undefined
}

export type Task = {
  readonly name: string
  readonly task_id: TaskID
  readonly framework_id: FrameworkID
  readonly executor_id?: ExecutorID | undefined
  readonly agent_id: AgentID
  readonly state: TaskState
  readonly resources?: readonly Resource[] | undefined
  readonly statuses?: readonly TaskStatus[] | undefined
  readonly status_update_state?: TaskState | undefined
  readonly status_update_uuid?: Uint8Array | undefined
  readonly labels?: Labels | undefined
  readonly discovery?: DiscoveryInfo | undefined
  readonly container?: ContainerInfo | undefined
  readonly health_check?: HealthCheck | undefined
  readonly kill_policy?: KillPolicy | undefined
  readonly user?: string | undefined
  readonly limits?: Readonly<Record<string, ValueScalar>> | undefined
}

export type TaskState =
  | 'TASK_STAGING'
  | 'TASK_STARTING'
  | 'TASK_RUNNING'
  | 'TASK_KILLING'
  | 'TASK_FINISHED'
  | 'TASK_FAILED'
  | 'TASK_KILLED'
  | 'TASK_ERROR'
  | 'TASK_LOST'
  | 'TASK_DROPPED'
  | 'TASK_UNREACHABLE'
  | 'TASK_GONE'
  | 'TASK_GONE_BY_OPERATOR'
  | 'TASK_UNKNOWN'

export type TaskResourceLimitation = {
  readonly resources?: readonly Resource[] | undefined
}

export type UUID = {
  readonly value: Uint8Array
}

export type Operation = {
  readonly framework_id?: FrameworkID | undefined
  readonly agent_id?: AgentID | undefined
  readonly info: OfferOperation
  readonly latest_status: OperationStatus
  readonly statuses?: readonly OperationStatus[] | undefined
  readonly uuid: UUID
}

export type OperationState =
  | 'OPERATION_UNSUPPORTED'
  | 'OPERATION_PENDING'
  | 'OPERATION_FINISHED'
  | 'OPERATION_FAILED'
  | 'OPERATION_ERROR'
  | 'OPERATION_DROPPED'
  | 'OPERATION_UNREACHABLE'
  | 'OPERATION_GONE_BY_OPERATOR'
  | 'OPERATION_RECOVERING'
  | 'OPERATION_UNKNOWN'

export type OperationStatus = {
  readonly operation_id?: OperationID | undefined
  readonly state: OperationState
  readonly message?: string | undefined
  readonly converted_resources?: readonly Resource[] | undefined
  readonly uuid?: UUID | undefined
  readonly agent_id?: AgentID | undefined
  readonly resource_provider_id?: ResourceProviderID | undefined
}

export type CheckStatusInfo = {
  readonly type?: CheckInfoType | undefined
  readonly command?: CheckStatusInfoCommand | undefined
  readonly http?: CheckStatusInfoHttp | undefined
  readonly tcp?: CheckStatusInfoTcp | undefined
}

export type CheckStatusInfoCommand = {
  readonly exit_code?: number | undefined
}

export type CheckStatusInfoHttp = {
  readonly status_code?: number | undefined
}

export type CheckStatusInfoTcp = {
  readonly succeeded?: boolean | undefined
}

export type TaskStatus = {
  readonly task_id: TaskID
  readonly state: TaskState
  readonly message?: string | undefined
  readonly source?: TaskStatusSource | undefined
  readonly reason?: TaskStatusReason | undefined
  readonly data?: Uint8Array | undefined
  readonly agent_id?: AgentID | undefined
  readonly executor_id?: ExecutorID | undefined
  readonly timestamp?: number | undefined
  readonly uuid?: Uint8Array | undefined
  readonly healthy?: boolean | undefined
  readonly check_status?: CheckStatusInfo | undefined
  readonly labels?: Labels | undefined
  readonly container_status?: ContainerStatus | undefined
  readonly unreachable_time?: TimeInfo | undefined
  readonly limitation?: TaskResourceLimitation | undefined
}

export type TaskStatusSource =
  | 'SOURCE_MASTER'
  | 'SOURCE_AGENT'
  | 'SOURCE_EXECUTOR'

export type TaskStatusReason =
  | 'REASON_COMMAND_EXECUTOR_FAILED'
  | 'REASON_CONTAINER_LAUNCH_FAILED'
  | 'REASON_CONTAINER_LIMITATION'
  | 'REASON_CONTAINER_LIMITATION_DISK'
  | 'REASON_CONTAINER_LIMITATION_MEMORY'
  | 'REASON_CONTAINER_PREEMPTED'
  | 'REASON_CONTAINER_UPDATE_FAILED'
  | 'REASON_MAX_COMPLETION_TIME_REACHED'
  | 'REASON_EXECUTOR_REGISTRATION_TIMEOUT'
  | 'REASON_EXECUTOR_REREGISTRATION_TIMEOUT'
  | 'REASON_EXECUTOR_TERMINATED'
  | 'REASON_EXECUTOR_UNREGISTERED'
  | 'REASON_FRAMEWORK_REMOVED'
  | 'REASON_GC_ERROR'
  | 'REASON_INVALID_FRAMEWORKID'
  | 'REASON_INVALID_OFFERS'
  | 'REASON_IO_SWITCHBOARD_EXITED'
  | 'REASON_MASTER_DISCONNECTED'
  | 'REASON_RECONCILIATION'
  | 'REASON_RESOURCES_UNKNOWN'
  | 'REASON_AGENT_DISCONNECTED'
  | 'REASON_AGENT_DRAINING'
  | 'REASON_AGENT_REMOVED'
  | 'REASON_AGENT_REMOVED_BY_OPERATOR'
  | 'REASON_AGENT_REREGISTERED'
  | 'REASON_AGENT_RESTARTED'
  | 'REASON_AGENT_UNKNOWN'
  | 'REASON_TASK_KILLED_DURING_LAUNCH'
  | 'REASON_TASK_CHECK_STATUS_UPDATED'
  | 'REASON_TASK_HEALTH_CHECK_STATUS_UPDATED'
  | 'REASON_TASK_GROUP_INVALID'
  | 'REASON_TASK_GROUP_UNAUTHORIZED'
  | 'REASON_TASK_INVALID'
  | 'REASON_TASK_UNAUTHORIZED'
  | 'REASON_TASK_UNKNOWN'

export type Filters = {
  readonly refuse_seconds?: number | undefined
}

export type Environment = {
  readonly variables?: readonly EnvironmentVariable[] | undefined
}

export type EnvironmentVariable = {
  readonly name: string
  readonly type?: EnvironmentVariableType | undefined
  readonly value?: string | undefined
  readonly secret?: Secret | undefined
}

export type EnvironmentVariableType =
  | 'UNKNOWN'
  | 'VALUE'
  | 'SECRET'

export type Parameter = {
  readonly key: string
  readonly value: string
}

export type Parameters = {
  readonly parameter?: readonly Parameter[] | undefined
}

export type Credential = {
  readonly principal: string
  readonly secret?: string | undefined
}

export type Credentials = {
  readonly credentials?: readonly Credential[] | undefined
}

export type Secret = {
  readonly type?: SecretType | undefined
  readonly reference?: SecretReference | undefined
  readonly value?: SecretValue | undefined
}

export type SecretType =
  | 'UNKNOWN'
  | 'REFERENCE'
  | 'VALUE'

export type SecretReference = {
  readonly name: string
  readonly key?: string | undefined
}

export type SecretValue = {
  readonly data: Uint8Array
}

export type RateLimit = {
  readonly qps?: number | undefined
  readonly principal: string
  readonly capacity?: number | undefined
}

export type RateLimits = {
  readonly limits?: readonly RateLimit[] | undefined
  readonly aggregate_default_qps?: number | undefined
  readonly aggregate_default_capacity?: number | undefined
}

export type Image = {
  readonly type: ImageType
  readonly appc?: ImageAppc | undefined
  readonly docker?: ImageDocker | undefined
  readonly cached?: boolean | undefined
}

export type ImageType =
  | 'APPC'
  | 'DOCKER'

export type ImageAppc = {
  readonly name: string
  readonly id?: string | undefined
  readonly labels?: Labels | undefined
}

export type ImageDocker = {
  readonly name: string
  readonly credential?: Credential | undefined
  readonly config?: Secret | undefined
}

export type MountPropagation = {
  readonly mode?: MountPropagationMode | undefined
}

export type MountPropagationMode =
  | 'UNKNOWN'
  | 'HOST_TO_CONTAINER'
  | 'BIDIRECTIONAL'

export type Volume = {
  readonly mode: VolumeMode
  readonly container_path: string
  readonly host_path?: string | undefined
  readonly image?: Image | undefined
  readonly source?: VolumeSource | undefined
}

export type VolumeMode =
  | 'RW'
  | 'RO'

export type VolumeSource = {
  readonly type?: VolumeSourceType | undefined
  readonly docker_volume?: VolumeSourceDockerVolume | undefined
  readonly host_path?: VolumeSourceHostPath | undefined
  readonly sandbox_path?: VolumeSourceSandboxPath | undefined
  readonly secret?: Secret | undefined
  readonly csi_volume?: VolumeSourceCSIVolume | undefined
}

export type VolumeSourceType =
  | 'UNKNOWN'
  | 'DOCKER_VOLUME'
  | 'HOST_PATH'
  | 'SANDBOX_PATH'
  | 'SECRET'
  | 'CSI_VOLUME'

export type VolumeSourceDockerVolume = {
  readonly driver?: string | undefined
  readonly name: string
  readonly driver_options?: Parameters | undefined
}

export type VolumeSourceHostPath = {
  readonly path: string
  readonly mount_propagation?: MountPropagation | undefined
}

export type VolumeSourceSandboxPath = {
  readonly type?: VolumeSourceSandboxPathType | undefined
  readonly path: string
}

export type VolumeSourceSandboxPathType =
  | 'UNKNOWN'
  | 'SELF'
  | 'PARENT'

export type VolumeSourceCSIVolume = {
  readonly plugin_name: string
  readonly static_provisioning?: VolumeSourceCSIVolumeStaticProvisioning | undefined
}

export type VolumeSourceCSIVolumeVolumeCapability = {
  readonly block?: VolumeSourceCSIVolumeVolumeCapabilityBlockVolume | undefined
  readonly mount?: VolumeSourceCSIVolumeVolumeCapabilityMountVolume | undefined
  readonly access_mode: VolumeSourceCSIVolumeVolumeCapabilityAccessMode
}

export type VolumeSourceCSIVolumeVolumeCapabilityMountVolume = {
  readonly fs_type?: string | undefined
  readonly mount_flags?: readonly string[] | undefined
}

export type VolumeSourceCSIVolumeVolumeCapabilityAccessMode = {
  readonly mode: VolumeSourceCSIVolumeVolumeCapabilityAccessModeMode
}

export type VolumeSourceCSIVolumeVolumeCapabilityAccessModeMode =
  | 'UNKNOWN'
  | 'SINGLE_NODE_WRITER'
  | 'SINGLE_NODE_READER_ONLY'
  | 'MULTI_NODE_READER_ONLY'
  | 'MULTI_NODE_SINGLE_WRITER'
  | 'MULTI_NODE_MULTI_WRITER'

export type VolumeSourceCSIVolumeVolumeCapabilityBlockVolume = Record<never, never>

export type VolumeSourceCSIVolumeStaticProvisioning = {
  readonly volume_id: string
  readonly volume_capability: VolumeSourceCSIVolumeVolumeCapability
  readonly node_stage_secrets?: Readonly<Record<string, Secret>> | undefined
  readonly node_publish_secrets?: Readonly<Record<string, Secret>> | undefined
  readonly volume_context?: Readonly<Record<string, string>> | undefined
}

export type NetworkInfo = {
  readonly ip_addresses?: readonly NetworkInfoIPAddress[] | undefined
  readonly name?: string | undefined
  readonly groups?: readonly string[] | undefined
  readonly labels?: Labels | undefined
  readonly port_mappings?: readonly NetworkInfoPortMapping[] | undefined
}

export type NetworkInfoProtocol =
  | 'IPv4'
  | 'IPv6'

export type NetworkInfoIPAddress = {
  readonly protocol?: NetworkInfoProtocol | undefined
  readonly ip_address?: string | undefined
}

export type NetworkInfoPortMapping = {
  readonly host_port: number
  readonly container_port: number
  readonly protocol?: string | undefined
}

export type CapabilityInfo = {
  readonly capabilities?: readonly CapabilityInfoCapability[] | undefined
}

export type CapabilityInfoCapability =
  | 'UNKNOWN'
  | 'CHOWN'
  | 'DAC_OVERRIDE'
  | 'DAC_READ_SEARCH'
  | 'FOWNER'
  | 'FSETID'
  | 'KILL'
  | 'SETGID'
  | 'SETUID'
  | 'SETPCAP'
  | 'LINUX_IMMUTABLE'
  | 'NET_BIND_SERVICE'
  | 'NET_BROADCAST'
  | 'NET_ADMIN'
  | 'NET_RAW'
  | 'IPC_LOCK'
  | 'IPC_OWNER'
  | 'SYS_MODULE'
  | 'SYS_RAWIO'
  | 'SYS_CHROOT'
  | 'SYS_PTRACE'
  | 'SYS_PACCT'
  | 'SYS_ADMIN'
  | 'SYS_BOOT'
  | 'SYS_NICE'
  | 'SYS_RESOURCE'
  | 'SYS_TIME'
  | 'SYS_TTY_CONFIG'
  | 'MKNOD'
  | 'LEASE'
  | 'AUDIT_WRITE'
  | 'AUDIT_CONTROL'
  | 'SETFCAP'
  | 'MAC_OVERRIDE'
  | 'MAC_ADMIN'
  | 'SYSLOG'
  | 'WAKE_ALARM'
  | 'BLOCK_SUSPEND'
  | 'AUDIT_READ'
  | 'PERFMON'
  | 'BPF'
  | 'CHECKPOINT_RESTORE'

export type SeccompInfo = {
  readonly profile_name?: string | undefined
  readonly unconfined?: boolean | undefined
}

export type LinuxInfo = {
  readonly capability_info?: CapabilityInfo | undefined
  readonly bounding_capabilities?: CapabilityInfo | undefined
  readonly effective_capabilities?: CapabilityInfo | undefined
  readonly share_pid_namespace?: boolean | undefined
  readonly seccomp?: SeccompInfo | undefined
  readonly ipc_mode?: LinuxInfoIpcMode | undefined
  readonly shm_size?: number | undefined
  readonly share_cgroups?: boolean | undefined
}

export type LinuxInfoIpcMode =
  | 'UNKNOWN'
  | 'PRIVATE'
  | 'SHARE_PARENT'

export type RLimitInfo = {
  readonly rlimits?: readonly RLimitInfoRLimit[] | undefined
}

export type RLimitInfoRLimit = {
  readonly type?: RLimitInfoRLimitType | undefined
  readonly hard?: number | undefined
  readonly soft?: number | undefined
}

export type RLimitInfoRLimitType =
  | 'UNKNOWN'
  | 'RLMT_AS'
  | 'RLMT_CORE'
  | 'RLMT_CPU'
  | 'RLMT_DATA'
  | 'RLMT_FSIZE'
  | 'RLMT_LOCKS'
  | 'RLMT_MEMLOCK'
  | 'RLMT_MSGQUEUE'
  | 'RLMT_NICE'
  | 'RLMT_NOFILE'
  | 'RLMT_NPROC'
  | 'RLMT_RSS'
  | 'RLMT_RTPRIO'
  | 'RLMT_RTTIME'
  | 'RLMT_SIGPENDING'
  | 'RLMT_STACK'

export type TTYInfo = {
  readonly window_size?: TTYInfoWindowSize | undefined
}

export type TTYInfoWindowSize = {
  readonly rows: number
  readonly columns: number
}

export type ContainerInfo = {
  readonly type: ContainerInfoType
  readonly volumes?: readonly Volume[] | undefined
  readonly hostname?: string | undefined
  readonly docker?: ContainerInfoDockerInfo | undefined
  readonly mesos?: ContainerInfoMesosInfo | undefined
  readonly network_infos?: readonly NetworkInfo[] | undefined
  readonly linux_info?: LinuxInfo | undefined
  readonly rlimit_info?: RLimitInfo | undefined
  readonly tty_info?: TTYInfo | undefined
}

export type ContainerInfoType =
  | 'DOCKER'
  | 'MESOS'

export type ContainerInfoDockerInfo = {
  readonly image: string
  readonly network?: ContainerInfoDockerInfoNetwork | undefined
  readonly port_mappings?: readonly ContainerInfoDockerInfoPortMapping[] | undefined
  readonly privileged?: boolean | undefined
  readonly parameters?: readonly Parameter[] | undefined
  readonly force_pull_image?: boolean | undefined
  readonly volume_driver?: string | undefined
}

export type ContainerInfoDockerInfoNetwork =
  | 'HOST'
  | 'BRIDGE'
  | 'NONE'
  | 'USER'

export type ContainerInfoDockerInfoPortMapping = {
  readonly host_port: number
  readonly container_port: number
  readonly protocol?: string | undefined
}

export type ContainerInfoMesosInfo = {
  readonly image?: Image | undefined
}

export type ContainerStatus = {
  readonly container_id?: ContainerID | undefined
  readonly network_infos?: readonly NetworkInfo[] | undefined
  readonly cgroup_info?: CgroupInfo | undefined
  readonly executor_pid?: number | undefined
}

export type CgroupInfo = {
  readonly net_cls?: CgroupInfoNetCls | undefined
}

export type CgroupInfoNetCls = {
  readonly classid?: number | undefined
}

export type CgroupInfoBlkio = Record<never, never>

export type CgroupInfoBlkioOperation =
  | 'UNKNOWN'
  | 'TOTAL'
  | 'READ'
  | 'WRITE'
  | 'SYNC'
  | 'ASYNC'
  | 'DISCARD'

export type CgroupInfoBlkioValue = {
  readonly op?: CgroupInfoBlkioOperation | undefined
  readonly value?: number | undefined
}

export type CgroupInfoBlkioStatistics = {
  readonly cfq?: readonly CgroupInfoBlkioCFQStatistics[] | undefined
  readonly cfq_recursive?: readonly CgroupInfoBlkioCFQStatistics[] | undefined
  readonly throttling?: readonly CgroupInfoBlkioThrottlingStatistics[] | undefined
}

export type CgroupInfoBlkioCFQ = Record<never, never>

export type CgroupInfoBlkioCFQStatistics = {
  readonly device?: DeviceNumber | undefined
  readonly sectors?: number | undefined
  readonly time?: number | undefined
  readonly io_serviced?: readonly CgroupInfoBlkioValue[] | undefined
  readonly io_service_bytes?: readonly CgroupInfoBlkioValue[] | undefined
  readonly io_service_time?: readonly CgroupInfoBlkioValue[] | undefined
  readonly io_wait_time?: readonly CgroupInfoBlkioValue[] | undefined
  readonly io_merged?: readonly CgroupInfoBlkioValue[] | undefined
  readonly io_queued?: readonly CgroupInfoBlkioValue[] | undefined
}

export type CgroupInfoBlkioThrottling = Record<never, never>

export type CgroupInfoBlkioThrottlingStatistics = {
  readonly device?: DeviceNumber | undefined
  readonly io_serviced?: readonly CgroupInfoBlkioValue[] | undefined
  readonly io_service_bytes?: readonly CgroupInfoBlkioValue[] | undefined
}

export type Labels = {
  readonly labels?: readonly Label[] | undefined
}

export type Label = {
  readonly key: string
  readonly value?: string | undefined
}

export type Port = {
  readonly number: number
  readonly name?: string | undefined
  readonly protocol?: string | undefined
  readonly visibility?: DiscoveryInfoVisibility | undefined
  readonly labels?: Labels | undefined
}

export type Ports = {
  readonly ports?: readonly Port[] | undefined
}

export type DiscoveryInfo = {
  readonly visibility: DiscoveryInfoVisibility
  readonly name?: string | undefined
  readonly environment?: string | undefined
  readonly location?: string | undefined
  readonly version?: string | undefined
  readonly ports?: Ports | undefined
  readonly labels?: Labels | undefined
}

export type DiscoveryInfoVisibility =
  | 'FRAMEWORK'
  | 'CLUSTER'
  | 'EXTERNAL'

export type WeightInfo = {
  readonly weight: number
  readonly role?: string | undefined
}

export type VersionInfo = {
  readonly version: string
  readonly build_date?: string | undefined
  readonly build_time?: number | undefined
  readonly build_user?: string | undefined
  readonly git_sha?: string | undefined
  readonly git_branch?: string | undefined
  readonly git_tag?: string | undefined
}

export type Flag = {
  readonly name: string
  readonly value?: string | undefined
}

export type Role = {
  readonly name: string
  readonly weight: number
  readonly frameworks?: readonly FrameworkID[] | undefined
  readonly resources?: readonly Resource[] | undefined
}

export type Metric = {
  readonly name: string
  readonly value?: number | undefined
}

export type FileInfo = {
  readonly path: string
  readonly nlink?: number | undefined
  readonly size?: number | undefined
  readonly mtime?: TimeInfo | undefined
  readonly mode?: number | undefined
  readonly uid?: string | undefined
  readonly gid?: string | undefined
}

export type Device = {
  readonly path?: string | undefined
  readonly number?: DeviceNumber | undefined
}

export type DeviceNumber = {
  readonly major_number: number
  readonly minor_number: number
}

export type DeviceAccess = {
  readonly device: Device
  readonly access: DeviceAccessAccess
}

export type DeviceAccessAccess = {
  readonly read?: boolean | undefined
  readonly write?: boolean | undefined
  readonly mknod?: boolean | undefined
}

export type DeviceWhitelist = {
  readonly allowed_devices?: readonly DeviceAccess[] | undefined
}

export type DrainState =
  | 'UNKNOWN'
  | 'DRAINING'
  | 'DRAINED'

export type DrainConfig = {
  readonly max_grace_period?: DurationInfo | undefined
  readonly mark_gone?: boolean | undefined
}

export type DrainInfo = {
  readonly state: DrainState
  readonly config: DrainConfig
}

export type SchedulerEvent = {
  readonly type?: SchedulerEventType | undefined
  readonly subscribed?: SchedulerEventSubscribed | undefined
  readonly offers?: SchedulerEventOffers | undefined
  readonly inverse_offers?: SchedulerEventInverseOffers | undefined
  readonly rescind?: SchedulerEventRescind | undefined
  readonly rescind_inverse_offer?: SchedulerEventRescindInverseOffer | undefined
  readonly update?: SchedulerEventUpdate | undefined
  readonly update_operation_status?: SchedulerEventUpdateOperationStatus | undefined
  readonly message?: SchedulerEventMessage | undefined
  readonly failure?: SchedulerEventFailure | undefined
  readonly error?: SchedulerEventError | undefined
}

export type SchedulerEventType =
  | 'UNKNOWN'
  | 'SUBSCRIBED'
  | 'OFFERS'
  | 'INVERSE_OFFERS'
  | 'RESCIND'
  | 'RESCIND_INVERSE_OFFER'
  | 'UPDATE'
  | 'UPDATE_OPERATION_STATUS'
  | 'MESSAGE'
  | 'FAILURE'
  | 'ERROR'
  | 'HEARTBEAT'

export type SchedulerEventSubscribed = {
  readonly framework_id: FrameworkID
  readonly heartbeat_interval_seconds?: number | undefined
  readonly master_info?: MasterInfo | undefined
}

export type SchedulerEventOffers = {
  readonly offers?: readonly Offer[] | undefined
}

export type SchedulerEventInverseOffers = {
  readonly inverse_offers?: readonly InverseOffer[] | undefined
}

export type SchedulerEventRescind = {
  readonly offer_id: OfferID
}

export type SchedulerEventRescindInverseOffer = {
  readonly inverse_offer_id: OfferID
}

export type SchedulerEventUpdate = {
  readonly status: TaskStatus
}

export type SchedulerEventUpdateOperationStatus = {
  readonly status: OperationStatus
}

export type SchedulerEventMessage = {
  readonly agent_id: AgentID
  readonly executor_id: ExecutorID
  readonly data: Uint8Array
}

export type SchedulerEventFailure = {
  readonly agent_id?: AgentID | undefined
  readonly executor_id?: ExecutorID | undefined
  readonly status?: number | undefined
}

export type SchedulerEventError = {
  readonly message: string
}

export type SchedulerResponse = {
  readonly type?: SchedulerResponseType | undefined
  readonly reconcile_operations?: SchedulerResponseReconcileOperations | undefined
}

export type SchedulerResponseType =
  | 'UNKNOWN'
  | 'RECONCILE_OPERATIONS'

export type SchedulerResponseReconcileOperations = {
  readonly operation_statuses?: readonly OperationStatus[] | undefined
}

export type SchedulerAttributeConstraint = {
  readonly selector: SchedulerAttributeConstraintSelector
  readonly predicate: SchedulerAttributeConstraintPredicate
}

export type SchedulerAttributeConstraintSelector = {
  readonly pseudoattribute_type?: SchedulerAttributeConstraintSelectorPseudoattributeType | undefined
  readonly attribute_name?: string | undefined
}

export type SchedulerAttributeConstraintSelectorPseudoattributeType =
  | 'UNKNOWN'
  | 'HOSTNAME'
  | 'REGION'
  | 'ZONE'

export type SchedulerAttributeConstraintPredicate = {
  readonly exists?: SchedulerAttributeConstraintPredicateExists | undefined
  readonly not_exists?: SchedulerAttributeConstraintPredicateNotExists | undefined
  readonly text_equals?: SchedulerAttributeConstraintPredicateTextEquals | undefined
  readonly text_not_equals?: SchedulerAttributeConstraintPredicateTextNotEquals | undefined
  readonly text_matches?: SchedulerAttributeConstraintPredicateTextMatches | undefined
  readonly text_not_matches?: SchedulerAttributeConstraintPredicateTextNotMatches | undefined
}

export type SchedulerAttributeConstraintPredicateTextEquals = {
  readonly value: string
}

export type SchedulerAttributeConstraintPredicateTextNotEquals = {
  readonly value: string
}

export type SchedulerAttributeConstraintPredicateTextMatches = {
  readonly regex: string
}

export type SchedulerAttributeConstraintPredicateTextNotMatches = {
  readonly regex: string
}

export type SchedulerAttributeConstraintPredicateExists = Record<never, never>

export type SchedulerAttributeConstraintPredicateNotExists = Record<never, never>

export type SchedulerOfferConstraints = {
  readonly role_constraints?: Readonly<Record<string, SchedulerOfferConstraintsRoleConstraints>> | undefined
}

export type SchedulerOfferConstraintsRoleConstraints = {
  readonly groups?: readonly SchedulerOfferConstraintsRoleConstraintsGroup[] | undefined
}

export type SchedulerOfferConstraintsRoleConstraintsGroup = {
  readonly attribute_constraints?: readonly SchedulerAttributeConstraint[] | undefined
}

export type SchedulerCall = {
  readonly framework_id?: FrameworkID | undefined
  readonly type?: SchedulerCallType | undefined
  readonly subscribe?: SchedulerCallSubscribe | undefined
  readonly accept?: SchedulerCallAccept | undefined
  readonly decline?: SchedulerCallDecline | undefined
  readonly accept_inverse_offers?: SchedulerCallAcceptInverseOffers | undefined
  readonly decline_inverse_offers?: SchedulerCallDeclineInverseOffers | undefined
  readonly revive?: SchedulerCallRevive | undefined
  readonly kill?: SchedulerCallKill | undefined
  readonly shutdown?: SchedulerCallShutdown | undefined
  readonly acknowledge?: SchedulerCallAcknowledge | undefined
  readonly acknowledge_operation_status?: SchedulerCallAcknowledgeOperationStatus | undefined
  readonly reconcile?: SchedulerCallReconcile | undefined
  readonly reconcile_operations?: SchedulerCallReconcileOperations | undefined
  readonly message?: SchedulerCallMessage | undefined
  readonly request?: SchedulerCallRequest | undefined
  readonly suppress?: SchedulerCallSuppress | undefined
  readonly update_framework?: SchedulerCallUpdateFramework | undefined
}

export type SchedulerCallType =
  | 'UNKNOWN'
  | 'SUBSCRIBE'
  | 'TEARDOWN'
  | 'ACCEPT'
  | 'DECLINE'
  | 'ACCEPT_INVERSE_OFFERS'
  | 'DECLINE_INVERSE_OFFERS'
  | 'REVIVE'
  | 'KILL'
  | 'SHUTDOWN'
  | 'ACKNOWLEDGE'
  | 'ACKNOWLEDGE_OPERATION_STATUS'
  | 'RECONCILE'
  | 'RECONCILE_OPERATIONS'
  | 'MESSAGE'
  | 'REQUEST'
  | 'SUPPRESS'
  | 'UPDATE_FRAMEWORK'

export type SchedulerCallSubscribe = {
  readonly framework_info: FrameworkInfo
  readonly suppressed_roles?: readonly string[] | undefined
  readonly offer_constraints?: SchedulerOfferConstraints | undefined
}

export type SchedulerCallAccept = {
  readonly offer_ids?: readonly OfferID[] | undefined
  readonly operations?: readonly OfferOperation[] | undefined
  readonly filters?: Filters | undefined
}

export type SchedulerCallDecline = {
  readonly offer_ids?: readonly OfferID[] | undefined
  readonly filters?: Filters | undefined
}

export type SchedulerCallAcceptInverseOffers = {
  readonly inverse_offer_ids?: readonly OfferID[] | undefined
  readonly filters?: Filters | undefined
}

export type SchedulerCallDeclineInverseOffers = {
  readonly inverse_offer_ids?: readonly OfferID[] | undefined
  readonly filters?: Filters | undefined
}

export type SchedulerCallRevive = {
  readonly roles?: readonly string[] | undefined
}

export type SchedulerCallKill = {
  readonly task_id: TaskID
  readonly agent_id?: AgentID | undefined
  readonly kill_policy?: KillPolicy | undefined
}

export type SchedulerCallShutdown = {
  readonly executor_id: ExecutorID
  readonly agent_id: AgentID
}

export type SchedulerCallAcknowledge = {
  readonly agent_id: AgentID
  readonly task_id: TaskID
  readonly uuid: Uint8Array
}

export type SchedulerCallAcknowledgeOperationStatus = {
  readonly agent_id?: AgentID | undefined
  readonly resource_provider_id?: ResourceProviderID | undefined
  readonly uuid: Uint8Array
  readonly operation_id: OperationID
}

export type SchedulerCallReconcile = {
  readonly tasks?: readonly SchedulerCallReconcileTask[] | undefined
}

export type SchedulerCallReconcileTask = {
  readonly task_id: TaskID
  readonly agent_id?: AgentID | undefined
}

export type SchedulerCallReconcileOperations = {
  readonly operations?: readonly SchedulerCallReconcileOperationsOperation[] | undefined
}

export type SchedulerCallReconcileOperationsOperation = {
  readonly operation_id: OperationID
  readonly agent_id?: AgentID | undefined
  readonly resource_provider_id?: ResourceProviderID | undefined
}

export type SchedulerCallMessage = {
  readonly agent_id: AgentID
  readonly executor_id: ExecutorID
  readonly data: Uint8Array
}

export type SchedulerCallRequest = {
  readonly requests?: readonly Request[] | undefined
}

export type SchedulerCallSuppress = {
  readonly roles?: readonly string[] | undefined
}

export type SchedulerCallUpdateFramework = {
  readonly framework_info: FrameworkInfo
  readonly suppressed_roles?: readonly string[] | undefined
  readonly offer_constraints?: SchedulerOfferConstraints | undefined
}

export type SchedulerAPIResult = {
  readonly status_code: number
  readonly response?: SchedulerResponse | undefined
  readonly error?: string | undefined
}

export type ExecutorEvent = {
  readonly type?: ExecutorEventType | undefined
  readonly subscribed?: ExecutorEventSubscribed | undefined
  readonly acknowledged?: ExecutorEventAcknowledged | undefined
  readonly launch?: ExecutorEventLaunch | undefined
  readonly kill?: ExecutorEventKill | undefined
  readonly message?: ExecutorEventMessage | undefined
  readonly error?: ExecutorEventError | undefined
  readonly launch_group?: ExecutorEventLaunchGroup | undefined
}

export type ExecutorEventType =
  | 'UNKNOWN'
  | 'SUBSCRIBED'
  | 'LAUNCH'
  | 'KILL'
  | 'ACKNOWLEDGED'
  | 'MESSAGE'
  | 'ERROR'
  | 'SHUTDOWN'
  | 'LAUNCH_GROUP'
  | 'HEARTBEAT'

export type ExecutorEventSubscribed = {
  readonly executor_info: ExecutorInfo
  readonly framework_info: FrameworkInfo
  readonly agent_info: AgentInfo
  readonly container_id?: ContainerID | undefined
}

export type ExecutorEventLaunch = {
  readonly task: TaskInfo
}

export type ExecutorEventLaunchGroup = {
  readonly task_group: TaskGroupInfo
}

export type ExecutorEventKill = {
  readonly task_id: TaskID
  readonly kill_policy?: KillPolicy | undefined
}

export type ExecutorEventAcknowledged = {
  readonly task_id: TaskID
  readonly uuid: Uint8Array
}

export type ExecutorEventMessage = {
  readonly data: Uint8Array
}

export type ExecutorEventError = {
  readonly message: string
}

export type ExecutorCall = {
  readonly executor_id: ExecutorID
  readonly framework_id: FrameworkID
  readonly type?: ExecutorCallType | undefined
  readonly subscribe?: ExecutorCallSubscribe | undefined
  readonly update?: ExecutorCallUpdate | undefined
  readonly message?: ExecutorCallMessage | undefined
}

export type ExecutorCallType =
  | 'UNKNOWN'
  | 'SUBSCRIBE'
  | 'UPDATE'
  | 'MESSAGE'
  | 'HEARTBEAT'

export type ExecutorCallSubscribe = {
  readonly unacknowledged_tasks?: readonly TaskInfo[] | undefined
  readonly unacknowledged_updates?: readonly ExecutorCallUpdate[] | undefined
}

export type ExecutorCallUpdate = {
  readonly status: TaskStatus
}

export type ExecutorCallMessage = {
  readonly data: Uint8Array
}

export type AgentCall = {
  readonly type?: AgentCallType | undefined
  readonly get_metrics?: AgentCallGetMetrics | undefined
  readonly set_logging_level?: AgentCallSetLoggingLevel | undefined
  readonly list_files?: AgentCallListFiles | undefined
  readonly read_file?: AgentCallReadFile | undefined
  readonly get_containers?: AgentCallGetContainers | undefined
  readonly launch_nested_container?: AgentCallLaunchNestedContainer | undefined
  readonly wait_nested_container?: AgentCallWaitNestedContainer | undefined
  readonly kill_nested_container?: AgentCallKillNestedContainer | undefined
  readonly remove_nested_container?: AgentCallRemoveNestedContainer | undefined
  readonly launch_nested_container_session?: AgentCallLaunchNestedContainerSession | undefined
  readonly attach_container_input?: AgentCallAttachContainerInput | undefined
  readonly attach_container_output?: AgentCallAttachContainerOutput | undefined
  readonly launch_container?: AgentCallLaunchContainer | undefined
  readonly wait_container?: AgentCallWaitContainer | undefined
  readonly kill_container?: AgentCallKillContainer | undefined
  readonly remove_container?: AgentCallRemoveContainer | undefined
  readonly add_resource_provider_config?: AgentCallAddResourceProviderConfig | undefined
  readonly update_resource_provider_config?: AgentCallUpdateResourceProviderConfig | undefined
  readonly remove_resource_provider_config?: AgentCallRemoveResourceProviderConfig | undefined
  readonly mark_resource_provider_gone?: AgentCallMarkResourceProviderGone | undefined
  readonly prune_images?: AgentCallPruneImages | undefined
}

export type AgentCallGetMetrics = {
  readonly timeout?: DurationInfo | undefined
}

export type AgentCallSetLoggingLevel = {
  readonly level: number
  readonly duration: DurationInfo
}

export type AgentCallListFiles = {
  readonly path: string
}

export type AgentCallReadFile = {
  readonly path: string
  readonly offset: number
  readonly length?: number | undefined
}

export type AgentCallGetContainers = {
  readonly show_nested?: boolean | undefined
  readonly show_standalone?: boolean | undefined
}

export type AgentCallLaunchNestedContainer = {
  readonly container_id: ContainerID
  readonly command?: CommandInfo | undefined
  readonly container?: ContainerInfo | undefined
}

export type AgentCallWaitNestedContainer = {
  readonly container_id: ContainerID
}

export type AgentCallKillNestedContainer = {
  readonly container_id: ContainerID
  readonly signal?: number | undefined
}

export type AgentCallRemoveNestedContainer = {
  readonly container_id: ContainerID
}

export type AgentCallLaunchNestedContainerSession = {
  readonly container_id: ContainerID
  readonly command?: CommandInfo | undefined
  readonly container?: ContainerInfo | undefined
}

export type AgentCallAttachContainerInput = {
  readonly type?: AgentCallAttachContainerInputType | undefined
  readonly container_id?: ContainerID | undefined
  readonly process_io?: AgentProcessIO | undefined
}

export type AgentCallAttachContainerInputType =
  | 'UNKNOWN'
  | 'CONTAINER_ID'
  | 'PROCESS_IO'

export type AgentCallAttachContainerOutput = {
  readonly container_id: ContainerID
}

export type AgentCallLaunchContainer = {
  readonly container_id: ContainerID
  readonly command?: CommandInfo | undefined
  readonly resources?: readonly Resource[] | undefined
  readonly container?: ContainerInfo | undefined
  readonly limits?: Readonly<Record<string, ValueScalar>> | undefined
}

export type AgentCallWaitContainer = {
  readonly container_id: ContainerID
}

export type AgentCallKillContainer = {
  readonly container_id: ContainerID
  readonly signal?: number | undefined
}

export type AgentCallRemoveContainer = {
  readonly container_id: ContainerID
}

export type AgentCallAddResourceProviderConfig = {
  readonly info: ResourceProviderInfo
}

export type AgentCallUpdateResourceProviderConfig = {
  readonly info: ResourceProviderInfo
}

export type AgentCallRemoveResourceProviderConfig = {
  readonly type: string
  readonly name: string
}

export type AgentCallMarkResourceProviderGone = {
  readonly resource_provider_id: ResourceProviderID
}

export type AgentCallPruneImages = {
  readonly excluded_images?: readonly Image[] | undefined
}

export type AgentCallType =
  | 'UNKNOWN'
  | 'GET_HEALTH'
  | 'GET_FLAGS'
  | 'GET_VERSION'
  | 'GET_METRICS'
  | 'GET_LOGGING_LEVEL'
  | 'SET_LOGGING_LEVEL'
  | 'LIST_FILES'
  | 'READ_FILE'
  | 'GET_STATE'
  | 'GET_CONTAINERS'
  | 'GET_FRAMEWORKS'
  | 'GET_EXECUTORS'
  | 'GET_OPERATIONS'
  | 'GET_TASKS'
  | 'GET_AGENT'
  | 'GET_RESOURCE_PROVIDERS'
  | 'LAUNCH_NESTED_CONTAINER'
  | 'WAIT_NESTED_CONTAINER'
  | 'KILL_NESTED_CONTAINER'
  | 'REMOVE_NESTED_CONTAINER'
  | 'LAUNCH_NESTED_CONTAINER_SESSION'
  | 'ATTACH_CONTAINER_INPUT'
  | 'ATTACH_CONTAINER_OUTPUT'
  | 'LAUNCH_CONTAINER'
  | 'WAIT_CONTAINER'
  | 'KILL_CONTAINER'
  | 'REMOVE_CONTAINER'
  | 'ADD_RESOURCE_PROVIDER_CONFIG'
  | 'UPDATE_RESOURCE_PROVIDER_CONFIG'
  | 'REMOVE_RESOURCE_PROVIDER_CONFIG'
  | 'MARK_RESOURCE_PROVIDER_GONE'
  | 'PRUNE_IMAGES'

export type AgentResponse = {
  readonly type?: AgentResponseType | undefined
  readonly get_health?: AgentResponseGetHealth | undefined
  readonly get_flags?: AgentResponseGetFlags | undefined
  readonly get_version?: AgentResponseGetVersion | undefined
  readonly get_metrics?: AgentResponseGetMetrics | undefined
  readonly get_logging_level?: AgentResponseGetLoggingLevel | undefined
  readonly list_files?: AgentResponseListFiles | undefined
  readonly read_file?: AgentResponseReadFile | undefined
  readonly get_state?: AgentResponseGetState | undefined
  readonly get_containers?: AgentResponseGetContainers | undefined
  readonly get_frameworks?: AgentResponseGetFrameworks | undefined
  readonly get_executors?: AgentResponseGetExecutors | undefined
  readonly get_operations?: AgentResponseGetOperations | undefined
  readonly get_tasks?: AgentResponseGetTasks | undefined
  readonly get_agent?: AgentResponseGetAgent | undefined
  readonly get_resource_providers?: AgentResponseGetResourceProviders | undefined
  readonly wait_nested_container?: AgentResponseWaitNestedContainer | undefined
  readonly wait_container?: AgentResponseWaitContainer | undefined
}

export type AgentResponseGetHealth = {
  readonly healthy: boolean
}

export type AgentResponseGetFlags = {
  readonly flags?: readonly Flag[] | undefined
}

export type AgentResponseGetVersion = {
  readonly version_info: VersionInfo
}

export type AgentResponseGetMetrics = {
  readonly metrics?: readonly Metric[] | undefined
}

export type AgentResponseGetLoggingLevel = {
  readonly level: number
}

export type AgentResponseListFiles = {
  readonly file_infos?: readonly FileInfo[] | undefined
}

export type AgentResponseReadFile = {
  readonly size: number
  readonly data: Uint8Array
}

export type AgentResponseGetState = {
  readonly get_tasks?: AgentResponseGetTasks | undefined
  readonly get_executors?: AgentResponseGetExecutors | undefined
  readonly get_frameworks?: AgentResponseGetFrameworks | undefined
}

export type AgentResponseGetContainers = {
  readonly containers?: readonly AgentResponseGetContainersContainer[] | undefined
}

export type AgentResponseGetContainersContainer = {
  readonly framework_id?: FrameworkID | undefined
  readonly executor_id?: ExecutorID | undefined
  readonly executor_name?: string | undefined
  readonly container_id: ContainerID
  readonly container_status?: ContainerStatus | undefined
  readonly resource_statistics?: ResourceStatistics | undefined
}

export type AgentResponseGetFrameworks = {
  readonly frameworks?: readonly AgentResponseGetFrameworksFramework[] | undefined
  readonly completed_frameworks?: readonly AgentResponseGetFrameworksFramework[] | undefined
}

export type AgentResponseGetFrameworksFramework = {
  readonly framework_info: FrameworkInfo
}

export type AgentResponseGetExecutors = {
  readonly executors?: readonly AgentResponseGetExecutorsExecutor[] | undefined
  readonly completed_executors?: readonly AgentResponseGetExecutorsExecutor[] | undefined
}

export type AgentResponseGetExecutorsExecutor = {
  readonly executor_info: ExecutorInfo
}

export type AgentResponseGetOperations = {
  readonly operations?: readonly Operation[] | undefined
}

export type AgentResponseGetTasks = {
  readonly pending_tasks?: readonly Task[] | undefined
  readonly queued_tasks?: readonly Task[] | undefined
  readonly launched_tasks?: readonly Task[] | undefined
  readonly terminated_tasks?: readonly Task[] | undefined
  readonly completed_tasks?: readonly Task[] | undefined
}

export type AgentResponseGetAgent = {
  readonly agent_info?: AgentInfo | undefined
  readonly drain_config?: DrainConfig | undefined
  readonly estimated_drain_start_time?: TimeInfo | undefined
}

export type AgentResponseGetResourceProviders = {
  readonly resource_providers?: readonly AgentResponseGetResourceProvidersResourceProvider[] | undefined
}

export type AgentResponseGetResourceProvidersResourceProvider = {
  readonly resource_provider_info: ResourceProviderInfo
  readonly total_resources?: readonly Resource[] | undefined
}

export type AgentResponseWaitNestedContainer = {
  readonly exit_status?: number | undefined
  readonly state?: TaskState | undefined
  readonly reason?: TaskStatusReason | undefined
  readonly limitation?: TaskResourceLimitation | undefined
  readonly message?: string | undefined
}

export type AgentResponseWaitContainer = {
  readonly exit_status?: number | undefined
  readonly state?: TaskState | undefined
  readonly reason?: TaskStatusReason | undefined
  readonly limitation?: TaskResourceLimitation | undefined
  readonly message?: string | undefined
}

export type AgentResponseType =
  | 'UNKNOWN'
  | 'GET_HEALTH'
  | 'GET_FLAGS'
  | 'GET_VERSION'
  | 'GET_METRICS'
  | 'GET_LOGGING_LEVEL'
  | 'LIST_FILES'
  | 'READ_FILE'
  | 'GET_STATE'
  | 'GET_CONTAINERS'
  | 'GET_FRAMEWORKS'
  | 'GET_EXECUTORS'
  | 'GET_OPERATIONS'
  | 'GET_TASKS'
  | 'GET_AGENT'
  | 'GET_RESOURCE_PROVIDERS'
  | 'WAIT_NESTED_CONTAINER'
  | 'WAIT_CONTAINER'

export type AgentProcessIO = {
  readonly type?: AgentProcessIOType | undefined
  readonly data?: AgentProcessIOData | undefined
  readonly control?: AgentProcessIOControl | undefined
}

export type AgentProcessIOData = {
  readonly type?: AgentProcessIODataType | undefined
  readonly data?: Uint8Array | undefined
}

export type AgentProcessIODataType =
  | 'UNKNOWN'
  | 'STDIN'
  | 'STDOUT'
  | 'STDERR'

export type AgentProcessIOControl = {
  readonly type?: AgentProcessIOControlType | undefined
  readonly tty_info?: TTYInfo | undefined
  readonly heartbeat?: AgentProcessIOControlHeartbeat | undefined
}

export type AgentProcessIOControlHeartbeat = {
  readonly interval?: DurationInfo | undefined
}

export type AgentProcessIOControlType =
  | 'UNKNOWN'
  | 'TTY_INFO'
  | 'HEARTBEAT'

export type AgentProcessIOType =
  | 'UNKNOWN'
  | 'DATA'
  | 'CONTROL'

export type MasterCall = {
  readonly type?: MasterCallType | undefined
  readonly update_weights?: MasterCallUpdateWeights | undefined
  readonly update_maintenance_schedule?: MasterCallUpdateMaintenanceSchedule | undefined
  readonly start_maintenance?: MasterCallStartMaintenance | undefined
  readonly stop_maintenance?: MasterCallStopMaintenance | undefined
  readonly set_quota?: MasterCallSetQuota | undefined
  readonly remove_quota?: MasterCallRemoveQuota | undefined
  readonly mark_agent_gone?: MasterCallMarkAgentGone | undefined
  readonly update_quota?: MasterCallUpdateQuota | undefined
  readonly drain_agent?: MasterCallDrainAgent | undefined
  readonly deactivate_agent?: MasterCallDeactivateAgent | undefined
  readonly reactivate_agent?: MasterCallReactivateAgent | undefined
}

export type MasterCallType =
  | 'UNKNOWN'
  | 'GET_HEALTH'
  | 'GET_FLAGS'
  | 'GET_VERSION'
  | 'GET_METRICS'
  | 'GET_LOGGING_LEVEL'
  | 'SET_LOGGING_LEVEL'
  | 'LIST_FILES'
  | 'READ_FILE'
  | 'GET_STATE'
  | 'GET_AGENTS'
  | 'GET_FRAMEWORKS'
  | 'GET_EXECUTORS'
  | 'GET_OPERATIONS'
  | 'GET_TASKS'
  | 'GET_ROLES'
  | 'GET_WEIGHTS'
  | 'UPDATE_WEIGHTS'
  | 'GET_MASTER'
  | 'SUBSCRIBE'
  | 'RESERVE_RESOURCES'
  | 'UNRESERVE_RESOURCES'
  | 'CREATE_VOLUMES'
  | 'DESTROY_VOLUMES'
  | 'GROW_VOLUME'
  | 'SHRINK_VOLUME'
  | 'GET_MAINTENANCE_STATUS'
  | 'GET_MAINTENANCE_SCHEDULE'
  | 'UPDATE_MAINTENANCE_SCHEDULE'
  | 'START_MAINTENANCE'
  | 'STOP_MAINTENANCE'
  | 'DRAIN_AGENT'
  | 'DEACTIVATE_AGENT'
  | 'REACTIVATE_AGENT'
  | 'GET_QUOTA'
  | 'UPDATE_QUOTA'
  | 'SET_QUOTA'
  | 'REMOVE_QUOTA'
  | 'TEARDOWN'
  | 'MARK_AGENT_GONE'

export type MasterCallDrainAgent = {
  readonly agent_id: AgentID
  readonly max_grace_period?: ProtobufDuration | undefined
  readonly mark_gone?: boolean | undefined
}

export type MasterCallDeactivateAgent = {
  readonly agent_id: AgentID
}

export type MasterCallReactivateAgent = {
  readonly agent_id: AgentID
}

export type MasterCallUpdateWeights = {
  readonly weight_infos?: readonly WeightInfo[] | undefined
}

export type MasterCallUpdateMaintenanceSchedule = {
  readonly schedule: MaintenanceSchedule
}

export type MasterCallStartMaintenance = {
  readonly machines?: readonly MachineID[] | undefined
}

export type MasterCallStopMaintenance = {
  readonly machines?: readonly MachineID[] | undefined
}

export type MasterCallUpdateQuota = {
  readonly force?: boolean | undefined
  readonly quota_configs?: readonly QuotaQuotaConfig[] | undefined
}

export type MasterCallSetQuota = {
  readonly quota_request: QuotaQuotaRequest
}

export type MasterCallRemoveQuota = {
  readonly role: string
}

export type MasterCallMarkAgentGone = {
  readonly agent_id: AgentID
}

export type MasterResponse = {
  readonly type?: MasterResponseType | undefined
  readonly get_weights?: MasterResponseGetWeights | undefined
  readonly get_maintenance_status?: MasterResponseGetMaintenanceStatus | undefined
  readonly get_maintenance_schedule?: MasterResponseGetMaintenanceSchedule | undefined
  readonly get_quota?: MasterResponseGetQuota | undefined
}

export type MasterResponseType =
  | 'UNKNOWN'
  | 'GET_HEALTH'
  | 'GET_FLAGS'
  | 'GET_VERSION'
  | 'GET_METRICS'
  | 'GET_LOGGING_LEVEL'
  | 'LIST_FILES'
  | 'READ_FILE'
  | 'GET_STATE'
  | 'GET_AGENTS'
  | 'GET_FRAMEWORKS'
  | 'GET_EXECUTORS'
  | 'GET_OPERATIONS'
  | 'GET_TASKS'
  | 'GET_ROLES'
  | 'GET_WEIGHTS'
  | 'GET_MASTER'
  | 'GET_MAINTENANCE_STATUS'
  | 'GET_MAINTENANCE_SCHEDULE'
  | 'GET_QUOTA'

export type MasterResponseGetWeights = {
  readonly weight_infos?: readonly WeightInfo[] | undefined
}

export type MasterResponseGetMaintenanceStatus = {
  readonly status: MaintenanceClusterStatus
}

export type MasterResponseGetMaintenanceSchedule = {
  readonly schedule: MaintenanceSchedule
}

export type MasterResponseGetQuota = {
  readonly status: QuotaQuotaStatus
}

export type MaintenanceWindow = {
  readonly machine_ids?: readonly MachineID[] | undefined
  readonly unavailability: Unavailability
}

export type MaintenanceSchedule = {
  readonly windows?: readonly MaintenanceWindow[] | undefined
}

export type MaintenanceClusterStatus = {
  readonly draining_machines?: readonly MaintenanceClusterStatusDrainingMachine[] | undefined
  readonly down_machines?: readonly MachineID[] | undefined
}

export type MaintenanceClusterStatusDrainingMachine = {
  readonly id: MachineID
  readonly statuses?: readonly AllocatorInverseOfferStatus[] | undefined
}

export type AllocatorInverseOfferStatus = {
  readonly status: AllocatorInverseOfferStatusStatus
  readonly framework_id: FrameworkID
  readonly timestamp: TimeInfo
}

export type AllocatorInverseOfferStatusStatus =
  | 'UNKNOWN'
  | 'ACCEPT'
  | 'DECLINE'

export type QuotaQuotaInfo = {
  readonly role?: string | undefined
  readonly principal?: string | undefined
  readonly guarantee?: readonly Resource[] | undefined
}

export type QuotaQuotaRequest = {
  readonly force?: boolean | undefined
  readonly role?: string | undefined
  readonly guarantee?: readonly Resource[] | undefined
}

export type QuotaQuotaConfig = {
  readonly role: string
  readonly guarantees?: Readonly<Record<string, ValueScalar>> | undefined
  readonly limits?: Readonly<Record<string, ValueScalar>> | undefined
}

export type QuotaQuotaStatus = {
  readonly infos?: readonly QuotaQuotaInfo[] | undefined
  readonly configs?: readonly QuotaQuotaConfig[] | undefined
}

export type AgentLinkCall = {
  readonly type?: AgentLinkCallType | undefined
  readonly agent_id?: AgentID | undefined
  readonly session_id?: string | undefined
  readonly subscribe?: AgentLinkCallSubscribe | undefined
  readonly heartbeat?: AgentLinkCallHeartbeat | undefined
  readonly status_update?: AgentLinkCallStatusUpdate | undefined
  readonly oversubscribed?: AgentLinkCallOversubscribed | undefined
  readonly executor_exited?: AgentLinkCallExecutorExited | undefined
  readonly executor_message?: AgentLinkCallExecutorMessage | undefined
}

export type AgentLinkCallType =
  | 'UNKNOWN'
  | 'SUBSCRIBE'
  | 'HEARTBEAT'
  | 'STATUS_UPDATE'
  | 'OVERSUBSCRIBED'
  | 'UNSUBSCRIBE'
  | 'EXECUTOR_EXITED'
  | 'EXECUTOR_MESSAGE'

export type AgentLinkCallSubscribe = {
  readonly agent_info: AgentInfo
  readonly version?: string | undefined
  readonly boot_id?: string | undefined
  readonly frameworks?: readonly FrameworkInfo[] | undefined
  readonly tasks?: readonly Task[] | undefined
  readonly oversubscribed?: readonly Resource[] | undefined
  readonly capabilities?: readonly AgentInfoCapability[] | undefined
  readonly deactivated?: boolean | undefined
  readonly drain_config?: DrainConfig | undefined
  readonly executors?: readonly AgentLinkCallExecutor[] | undefined
}

export type AgentLinkCallExecutor = {
  readonly framework_id: FrameworkID
  readonly executor_info: ExecutorInfo
  readonly launch_id?: string | undefined
}

export type AgentLinkCallHeartbeat = {
  readonly loop_lag_ms?: number | undefined
}

export type AgentLinkCallStatusUpdate = {
  readonly framework_id: FrameworkID
  readonly status: TaskStatus
  readonly latest_state: TaskState
}

export type AgentLinkCallOversubscribed = {
  readonly total?: readonly Resource[] | undefined
  readonly generation: number
  readonly reason?: string | undefined
}

export type AgentLinkCallExecutorExited = {
  readonly framework_id: FrameworkID
  readonly executor_id: ExecutorID
  readonly status?: number | undefined
  readonly launch_id?: string | undefined
}

export type AgentLinkCallExecutorMessage = {
  readonly framework_id: FrameworkID
  readonly executor_id: ExecutorID
  readonly data: Uint8Array
}

export type AgentLinkEvent = {
  readonly type?: AgentLinkEventType | undefined
  readonly subscribed?: AgentLinkEventSubscribed | undefined
  readonly launch?: AgentLinkEventLaunch | undefined
  readonly kill?: AgentLinkEventKill | undefined
  readonly acknowledge?: AgentLinkEventAcknowledge | undefined
  readonly shutdown_framework?: AgentLinkEventShutdownFramework | undefined
  readonly reconcile?: AgentLinkEventReconcile | undefined
  readonly shutdown?: AgentLinkEventShutdown | undefined
  readonly update_framework?: AgentLinkEventUpdateFramework | undefined
  readonly drain?: AgentLinkEventDrain | undefined
  readonly launch_group?: AgentLinkEventLaunchGroup | undefined
  readonly message?: AgentLinkEventMessage | undefined
  readonly shutdown_executor?: AgentLinkEventShutdownExecutor | undefined
}

export type AgentLinkEventType =
  | 'UNKNOWN'
  | 'SUBSCRIBED'
  | 'HEARTBEAT'
  | 'LAUNCH'
  | 'KILL'
  | 'ACKNOWLEDGE'
  | 'SHUTDOWN_FRAMEWORK'
  | 'RECONCILE'
  | 'SHUTDOWN'
  | 'UPDATE_FRAMEWORK'
  | 'DRAIN'
  | 'DEACTIVATE'
  | 'REACTIVATE'
  | 'LAUNCH_GROUP'
  | 'MESSAGE'
  | 'SHUTDOWN_EXECUTOR'

export type AgentLinkEventSubscribed = {
  readonly agent_id: AgentID
  readonly session_id: string
  readonly master_id: string
  readonly heartbeat_interval_seconds: number
  readonly unreachable_after_seconds: number
}

export type AgentLinkEventLaunch = {
  readonly launch_id: string
  readonly framework_info: FrameworkInfo
  readonly task_info: TaskInfo
  readonly launch_executor?: boolean | undefined
  readonly executor_launch_id?: string | undefined
}

export type AgentLinkEventLaunchGroup = {
  readonly launch_id: string
  readonly framework_info: FrameworkInfo
  readonly executor_info: ExecutorInfo
  readonly task_infos?: readonly TaskInfo[] | undefined
  readonly launch_executor?: boolean | undefined
  readonly executor_launch_id?: string | undefined
}

export type AgentLinkEventMessage = {
  readonly framework_id: FrameworkID
  readonly executor_id: ExecutorID
  readonly data: Uint8Array
}

export type AgentLinkEventShutdownExecutor = {
  readonly framework_id: FrameworkID
  readonly executor_id: ExecutorID
}

export type AgentLinkEventKill = {
  readonly framework_id: FrameworkID
  readonly task_id: TaskID
  readonly kill_policy?: KillPolicy | undefined
}

export type AgentLinkEventAcknowledge = {
  readonly framework_id: FrameworkID
  readonly task_id: TaskID
  readonly uuid: Uint8Array
}

export type AgentLinkEventShutdownFramework = {
  readonly framework_id: FrameworkID
}

export type AgentLinkEventReconcile = {
  readonly tasks?: readonly AgentLinkEventReconcileItem[] | undefined
}

export type AgentLinkEventReconcileItem = {
  readonly framework_id: FrameworkID
  readonly task_id: TaskID
}

export type AgentLinkEventShutdown = {
  readonly message?: string | undefined
  readonly gone?: boolean | undefined
}

export type AgentLinkEventUpdateFramework = {
  readonly framework_info: FrameworkInfo
}

export type AgentLinkEventDrain = {
  readonly drain_config: DrainConfig
}

export type ProtobufDuration = {
  readonly seconds?: number | undefined
  readonly nanos?: number | undefined
}
