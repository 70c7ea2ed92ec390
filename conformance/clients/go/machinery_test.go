// What controllers are built of: discovery, informers of all forms, leader election, recorders of events.
package clients

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/openapi3"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/record"
)

func TestDiscovery(t *testing.T) {
	t.Parallel()
	client := clientset(t).Discovery()
	version, err := client.ServerVersion()
	check(t, err)
	if version.Major != "1" {
		t.Errorf("version: %v", version)
	}
	groups, err := restmapper.GetAPIGroupResources(client)
	check(t, err)
	mapper := restmapper.NewDiscoveryRESTMapper(groups)
	mapping, err := mapper.RESTMapping(schema.GroupKind{Group: "apps", Kind: "Deployment"})
	check(t, err)
	if mapping.Resource.Resource != "deployments" || mapping.Scope.Name() != meta.RESTScopeNameNamespace {
		t.Errorf("mapping: %v", mapping)
	}
	preferred, err := client.ServerPreferredNamespacedResources()
	check(t, err)
	if len(preferred) < 10 {
		t.Errorf("%d groups with namespaced resources", len(preferred))
	}
	document, err := client.OpenAPISchema()
	check(t, err)
	if count := len(document.GetDefinitions().GetAdditionalProperties()); count < 500 {
		t.Errorf("%d definitions in OpenAPI v2", count)
	}
	spec, err := openapi3.NewRoot(client.OpenAPIV3()).GVSpec(schema.GroupVersion{Group: "apps", Version: "v1"})
	check(t, err)
	if spec.Components.Schemas["io.k8s.api.apps.v1.Deployment"] == nil {
		t.Error("no Deployment in OpenAPI v3")
	}
}

// Informers of every kind sync, from streams alone, and hold what a list has.
func TestInformers(t *testing.T) {
	t.Parallel()
	resources := discover(t)
	config := config(t)
	var lists lock[[]string]
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(request *http.Request) (*http.Response, error) {
			if request.Method == http.MethodGet && request.URL.Query().Get("watch") == "" {
				lists.change(func(paths *[]string) { *paths = append(*paths, request.URL.Path) })
			}
			return next.RoundTrip(request)
		})
	})
	client := kubernetes.NewForConfigOrDie(config)
	namespace := namespace(t, clientset(t))
	typed := informers.NewSharedInformerFactory(client, 0)
	untyped := dynamicinformer.NewDynamicSharedInformerFactory(dynamic.NewForConfigOrDie(config), 0)
	partial := metadatainformer.NewSharedInformerFactory(metadata.NewForConfigOrDie(config), 0)
	synced := map[string]cache.InformerSynced{}
	for _, one := range resources {
		if !slices.Contains(one.Verbs, "watch") {
			continue
		}
		gvr := one.gvk.GroupVersion().WithResource(one.Name)
		if one.typed {
			informer, err := typed.ForResource(gvr)
			check(t, err)
			synced["typed "+gvr.String()] = informer.Informer().HasSynced
		}
		synced["dynamic "+gvr.String()] = untyped.ForResource(gvr).Informer().HasSynced
		synced["metadata "+gvr.String()] = partial.ForResource(gvr).Informer().HasSynced
	}

	maps := corev1.SchemeGroupVersion.WithResource("configmaps")
	told := map[string]*lock[[]string]{"typed": {}, "dynamic": {}, "metadata": {}}
	handle(t, typed.Core().V1().ConfigMaps().Informer(), namespace, told["typed"])
	handle(t, untyped.ForResource(maps).Informer(), namespace, told["dynamic"])
	handle(t, partial.ForResource(maps).Informer(), namespace, told["metadata"])

	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	typed.Start(ctx.Done())
	untyped.Start(ctx.Done())
	partial.Start(ctx.Done())
	for name, hasSynced := range synced {
		if !cache.WaitForCacheSync(ctx.Done(), hasSynced) {
			t.Errorf("not synced: %s", name)
		}
	}
	if paths := lists.get(); len(paths) > 0 {
		t.Errorf("lists where streams would do: %v", paths)
	}
	listed, err := client.RbacV1().ClusterRoles().List(ctx, metav1.ListOptions{})
	check(t, err)
	cached, err := typed.Rbac().V1().ClusterRoles().Lister().List(labels.Everything())
	check(t, err)
	if len(cached) < len(listed.Items)-5 || len(cached) < 50 {
		t.Errorf("%d cluster roles cached, %d listed", len(cached), len(listed.Items))
	}

	made, err := client.CoreV1().ConfigMaps(namespace).Create(ctx, &corev1.ConfigMap{ObjectMeta: named("seen")}, metav1.CreateOptions{})
	check(t, err)
	made.Data = map[string]string{"a": "b"}
	_, err = client.CoreV1().ConfigMaps(namespace).Update(ctx, made, metav1.UpdateOptions{})
	check(t, err)
	check(t, client.CoreV1().ConfigMaps(namespace).Delete(ctx, "seen", metav1.DeleteOptions{}))
	for form, events := range told {
		eventually(t, "events of the "+form+" informer", func(context.Context) (bool, error) {
			return strings.Join(events.get(), " ") == "add update delete", nil
		})
	}
}

// handle notes what happens to the object named seen.
func handle(t *testing.T, informer cache.SharedIndexInformer, namespace string, told *lock[[]string]) {
	t.Helper()
	note := func(what string) func(any) {
		return func(object any) {
			if found, err := meta.Accessor(object); err == nil && found.GetNamespace() == namespace && found.GetName() == "seen" {
				told.change(func(events *[]string) { *events = append(*events, what) })
			}
		}
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    note("add"),
		UpdateFunc: func(_, object any) { note("update")(object) },
		DeleteFunc: note("delete"),
	})
	check(t, err)
}

// Two candidates: one leads, the other does once the first lets go.
func TestLeaderElection(t *testing.T) {
	t.Parallel()
	client := clientset(t)
	namespace := namespace(t, client)
	started := make(chan string, 10)
	candidate := func(name string) (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
				Lock: &resourcelock.LeaseLock{
					LeaseMeta:  metav1.ObjectMeta{Name: "leader", Namespace: namespace},
					Client:     client.CoordinationV1(),
					LockConfig: resourcelock.ResourceLockConfig{Identity: name},
				},
				LeaseDuration:   2 * time.Second,
				RenewDeadline:   time.Second,
				RetryPeriod:     100 * time.Millisecond,
				ReleaseOnCancel: true,
				Callbacks: leaderelection.LeaderCallbacks{
					OnStartedLeading: func(context.Context) { started <- name },
					OnStoppedLeading: func() {},
				},
			})
		}()
		return func() { cancel(); <-done }
	}
	expectLeader := func(wanted string) {
		t.Helper()
		select {
		case leader := <-started:
			if leader != wanted {
				t.Fatalf("%s leads, not %s", leader, wanted)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s does not lead", wanted)
		}
	}
	stopFirst := candidate("first")
	expectLeader("first")
	stopSecond := candidate("second")
	defer stopSecond()
	stopFirst()
	expectLeader("second")
	lease, err := client.CoordinationV1().Leases(namespace).Get(t.Context(), "leader", metav1.GetOptions{})
	check(t, err)
	if *lease.Spec.HolderIdentity != "second" || *lease.Spec.LeaseTransitions != 1 {
		t.Errorf("lease: %+v", lease.Spec)
	}
}

// Both recorders: what is told twice is one event, counted.
func TestEventRecorders(t *testing.T) {
	t.Parallel()
	client := clientset(t)
	namespace := namespace(t, client)
	maps := client.CoreV1().ConfigMaps(namespace)
	about, err := maps.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: named("about")}, metav1.CreateOptions{})
	check(t, err)

	old := record.NewBroadcaster()
	defer old.Shutdown()
	old.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: client.CoreV1().Events(namespace)})
	oldRecorder := old.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "old-tester"})
	oldRecorder.Eventf(about, corev1.EventTypeWarning, "Old", "told %s", "twice")
	oldRecorder.Eventf(about, corev1.EventTypeWarning, "Old", "told %s", "twice")

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	young := events.NewBroadcaster(&events.EventSinkImpl{Interface: client.EventsV1()})
	defer young.Shutdown()
	check(t, young.StartRecordingToSinkWithContext(ctx))
	youngRecorder := young.NewRecorder(scheme.Scheme, "example.com/young-tester")
	youngRecorder.Eventf(about, nil, corev1.EventTypeNormal, "Young", "Testing", "told %s", "twice")
	youngRecorder.Eventf(about, nil, corev1.EventTypeNormal, "Young", "Testing", "told %s", "twice")

	eventually(t, "an event counted twice", func(ctx context.Context) (bool, error) {
		list, err := client.CoreV1().Events(namespace).Search(scheme.Scheme, about)
		if err != nil {
			return false, err
		}
		return slices.ContainsFunc(list.Items, func(event corev1.Event) bool {
			return event.Reason == "Old" && event.Count == 2 && event.Source.Component == "old-tester"
		}), nil
	})
	eventually(t, "an event with a series", func(ctx context.Context) (bool, error) {
		list, err := client.EventsV1().Events(namespace).List(ctx, metav1.ListOptions{FieldSelector: "reason=Young"})
		if err != nil {
			return false, err
		}
		return len(list.Items) == 1 && isSeries(list.Items[0]), nil
	})
}

func isSeries(event eventsv1.Event) bool {
	return event.Series != nil && event.Series.Count == 2 && event.ReportingController == "example.com/young-tester"
}

// lock holds a value that several goroutines write.
type lock[T any] struct {
	mutex sync.Mutex
	value T
}

func (l *lock[T]) change(change func(*T)) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	change(&l.value)
}

func (l *lock[T]) get() (value T) {
	l.change(func(current *T) { value = *current })
	return value
}
