// Every kind that discovery lists: listed, and where it can be created, taken through its life, in protobuf and in JSON.
package clients

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/diff"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/yaml"
)

//go:embed testdata/objects.yaml
var objectsYAML string

// resource is one resource of discovery, with a REST client for its group and version.
type resource struct {
	metav1.APIResource
	gvk    schema.GroupVersionKind
	client *rest.RESTClient
	// typed says that client-go has a Go type for the kind; the others are read in JSON, without a type.
	typed bool
	// status says that the kind has a status of its own to update.
	status bool
}

func TestEveryKind(t *testing.T) {
	t.Parallel()
	objects := readObjects(t)
	client := clientset(t)
	for _, one := range discover(t) {
		t.Run(fmt.Sprintf("%s/%s", one.gvk.GroupVersion(), one.Name), func(t *testing.T) {
			t.Parallel()
			if !slices.Contains(one.Verbs, "create") || !slices.Contains(one.Verbs, "get") {
				if slices.Contains(one.Verbs, "list") {
					one.compareLists(t)
				}
				return
			}
			object, found := objects[one.gvk]
			if !found {
				t.Fatalf("testdata has no object of %s", one.gvk)
			}
			object = object.DeepCopy()
			object.SetName(unique(object.GetName()))
			if one.Namespaced {
				object = inNamespace(t, object, namespace(t, client))
			}
			one.live(t, object)
		})
	}
}

// live takes an object through creation, update, patch and deletion, and checks that a watch tells of it.
func (r *resource) live(t *testing.T, object *unstructured.Unstructured) {
	ctx := t.Context()
	name, namespace := object.GetName(), object.GetNamespace()
	made := r.typedObject(t, object)
	events := r.watch(t, object)

	if r.typed {
		// The same object in JSON and in protobuf is read to the same, defaults and all.
		fromProtobuf, fromJSON := r.newObject(t), r.newObject(t)
		check(t, r.into(r.on(r.client.Post(), namespace, "").Param("dryRun", "All").Body(made).Do(ctx), fromProtobuf))
		text, err := json.Marshal(object.Object)
		check(t, err)
		request := r.on(r.client.Post(), namespace, "").Param("dryRun", "All").SetHeader("Content-Type", jsonType)
		check(t, r.into(request.Body(text).Do(ctx), fromJSON))
		equal(t, "sent as protobuf and as JSON", withoutInstance(t, fromProtobuf), withoutInstance(t, fromJSON))
	}

	created := r.newObject(t)
	check(t, r.into(r.on(r.client.Post(), namespace, "").Body(made).Do(ctx), created))
	if accessor(t, created).GetUID() == "" || accessor(t, created).GetName() != name {
		t.Fatalf("created %v", created)
	}
	if r.typed {
		expectAll(t, made, created)
	}
	err := r.into(r.on(r.client.Post(), namespace, "").Body(made).Do(ctx), r.newObject(t))
	if !apierrors.IsAlreadyExists(err) {
		t.Errorf("created twice: %v", err)
	}
	r.compareObjects(t, namespace, name)
	r.compareLists(t)

	check(t, retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		current, updated := r.newObject(t), r.newObject(t)
		if err := r.into(r.on(r.client.Get(), namespace, name).Do(ctx), current); err != nil {
			return err
		}
		label(t, current, "updated")
		if err := r.into(r.on(r.client.Put(), namespace, name).Body(current).Do(ctx), updated); err != nil {
			return err
		}
		if accessor(t, updated).GetLabels()["updated"] != "yes" {
			t.Errorf("updated to %v", accessor(t, updated).GetLabels())
		}
		accessor(t, current).SetResourceVersion("1")
		if err := r.into(r.on(r.client.Put(), namespace, name).Body(current).Do(ctx), updated); !apierrors.IsConflict(err) {
			t.Errorf("updated at an old version: %v", err)
		}
		return nil
	}))

	patched := r.newObject(t)
	patch := []byte(`{"metadata":{"labels":{"patched":"yes"}}}`)
	check(t, r.into(r.on(r.client.Patch(types.MergePatchType), namespace, name).Body(patch).Do(ctx), patched))
	if labels := accessor(t, patched).GetLabels(); labels["patched"] != "yes" || labels["updated"] != "yes" {
		t.Errorf("patched to %v", labels)
	}

	if r.status {
		check(t, retry.RetryOnConflict(retry.DefaultBackoff, func() error {
			current, updated := r.newObject(t), r.newObject(t)
			if err := r.into(r.on(r.client.Get(), namespace, name).Do(ctx), current); err != nil {
				return err
			}
			return r.into(r.on(r.client.Put(), namespace, name).SubResource("status").Body(current).Do(ctx), updated)
		}))
	}

	gone := &metav1.DeleteOptions{GracePeriodSeconds: new(int64)}
	check(t, r.on(r.client.Delete(), namespace, name).Body(gone).Do(ctx).Error())
	eventually(t, "deletion", func(ctx context.Context) (bool, error) {
		err := r.into(r.on(r.client.Get(), namespace, name).Do(ctx), r.newObject(t))
		return apierrors.IsNotFound(err), nil
	})
	r.expectEvents(t, events, accessor(t, created).GetUID())
}

// compareLists reads all objects in protobuf, and in JSON at the version that the first list had.
func (r *resource) compareLists(t *testing.T) {
	t.Helper()
	if slices.Contains(r.Verbs, "watch") {
		r.compareMetadata(t)
	}
	if !r.typed {
		list := &unstructured.UnstructuredList{}
		check(t, r.into(r.on(r.client.Get(), "", "").Do(t.Context()), list))
		return
	}
	raw, fromProtobuf := r.read(t, r.on(r.client.Get(), "", "").SetHeader("Accept", protobufType), "List")
	request := r.on(r.client.Get(), "", "").SetHeader("Accept", jsonType)
	version := versionOf(t, fromProtobuf)
	if version == "" {
		// Not stored but asked of others: not twice the same.
		r.read(t, request, "List")
		return
	}
	request.Param("resourceVersion", version).Param("resourceVersionMatch", "Exact")
	_, fromJSON := r.read(t, request, "List")
	equal(t, "list in protobuf and in JSON", fromProtobuf, withoutTypesWithin(t, fromJSON))
	checkBytes(t, raw, fromProtobuf, r.gvk.GroupVersion().WithKind(r.gvk.Kind+"List"))
}

// compareMetadata reads nothing but the metadata of all objects, in the same way.
func (r *resource) compareMetadata(t *testing.T) {
	t.Helper()
	form := ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
	lists := [2]metav1.PartialObjectMetadataList{}
	request := r.on(r.client.Get(), "", "")
	for i, mediaType := range []string{protobufType, jsonType} {
		raw, err := request.SetHeader("Accept", mediaType+form).Do(t.Context()).Raw()
		check(t, err)
		check(t, runtime.DecodeInto(metadataCodecs.UniversalDeserializer(), raw, &lists[i]))
		if i == 0 {
			checkBytes(t, raw, &lists[i], metav1.SchemeGroupVersion.WithKind("PartialObjectMetadataList"))
			request = r.on(r.client.Get(), "", "").
				Param("resourceVersion", lists[i].ResourceVersion).Param("resourceVersionMatch", "Exact")
		}
	}
	equal(t, "metadata in protobuf and in JSON", withoutKinds(lists[0]), withoutKinds(lists[1]))
}

// withoutKinds leaves out what protobuf has no room for: the kinds of the items.
func withoutKinds(list metav1.PartialObjectMetadataList) metav1.PartialObjectMetadataList {
	list.TypeMeta = metav1.TypeMeta{}
	for i := range list.Items {
		list.Items[i].TypeMeta = metav1.TypeMeta{}
	}
	return list
}

var metadataCodecs = func() serializer.CodecFactory {
	scheme := runtime.NewScheme()
	utilruntime.Must(metav1.AddMetaToScheme(scheme))
	return serializer.NewCodecFactory(scheme)
}()

// compareObjects reads one object in protobuf and in JSON, until nobody writes in between.
func (r *resource) compareObjects(t *testing.T, namespace, name string) {
	t.Helper()
	if !r.typed {
		check(t, r.into(r.on(r.client.Get(), namespace, name).Do(t.Context()), r.newObject(t)))
		return
	}
	eventually(t, "both forms at one version", func(ctx context.Context) (bool, error) {
		raw, fromProtobuf := r.read(t, r.on(r.client.Get(), namespace, name).SetHeader("Accept", protobufType), "")
		_, fromJSON := r.read(t, r.on(r.client.Get(), namespace, name).SetHeader("Accept", jsonType), "")
		if versionOf(t, fromProtobuf) != versionOf(t, fromJSON) {
			return false, nil
		}
		equal(t, "object in protobuf and in JSON", fromProtobuf, withoutTypesWithin(t, fromJSON))
		checkBytes(t, raw, fromProtobuf, r.gvk)
		return true, nil
	})
}

// checkBytes compares the server's protobuf with what Go writes for the same object.
func checkBytes(t *testing.T, raw []byte, object runtime.Object, kind schema.GroupVersionKind) {
	t.Helper()
	var again bytes.Buffer
	object.GetObjectKind().SetGroupVersionKind(kind)
	check(t, protobuf.NewSerializer(scheme.Scheme, scheme.Scheme).Encode(object, &again))
	if !bytes.Equal(again.Bytes(), raw) {
		t.Errorf("%d bytes of protobuf where Go writes %d:\n%q\n%q", len(raw), again.Len(), raw, again.Bytes())
	}
}

// read is the answer as it came, and decoded.
func (r *resource) read(t *testing.T, request *rest.Request, suffix string) ([]byte, runtime.Object) {
	t.Helper()
	raw, err := request.Do(t.Context()).Raw()
	check(t, err)
	object, gvk, err := scheme.Codecs.UniversalDeserializer().Decode(raw, nil, nil)
	check(t, err)
	if *gvk != r.gvk.GroupVersion().WithKind(r.gvk.Kind+suffix) {
		t.Fatalf("%s answered for %s", gvk, r.gvk)
	}
	return raw, object
}

// watch collects the events of one object, from before it is there.
func (r *resource) watch(t *testing.T, object *unstructured.Unstructured) watch.Interface {
	t.Helper()
	request := r.on(r.client.Get(), object.GetNamespace(), "").
		Param("fieldSelector", "metadata.name="+object.GetName()).
		Param("watch", "true").
		Param("timeoutSeconds", "60")
	events, err := request.Watch(t.Context())
	check(t, err)
	t.Cleanup(events.Stop)
	return events
}

// expectEvents wants an addition, changes with both labels, and the deletion, in that order and of that object.
func (r *resource) expectEvents(t *testing.T, events watch.Interface, uid types.UID) {
	t.Helper()
	var seen []string
	labels := map[string]bool{}
	timeout := time.After(20 * time.Second)
	for {
		select {
		case event, open := <-events.ResultChan():
			if !open || event.Type == watch.Error {
				t.Fatalf("watch ended after %v: %v", seen, event.Object)
			}
			seen = append(seen, string(event.Type))
			if got := event.Object.GetObjectKind().GroupVersionKind(); !r.typed && got != r.gvk {
				t.Errorf("an event of %s", got)
			}
			if accessor(t, event.Object).GetUID() != uid {
				t.Errorf("an event of %s, not of %s", accessor(t, event.Object).GetUID(), uid)
			}
			for label := range accessor(t, event.Object).GetLabels() {
				labels[label] = true
			}
			if event.Type != watch.Deleted {
				continue
			}
			told := strings.Join(seen, " ")
			if !strings.HasPrefix(told, "ADDED MODIFIED ") || strings.Count(told, "ADDED") != 1 {
				t.Errorf("events: %s", told)
			}
			if !labels["updated"] || !labels["patched"] {
				t.Errorf("labels that events told of: %v", labels)
			}
			return
		case <-timeout:
			t.Fatalf("no deletion among the events %v", seen)
		}
	}
}

func (r *resource) on(request *rest.Request, namespace, name string) *rest.Request {
	request = request.NamespaceIfScoped(namespace, r.Namespaced && namespace != "").Resource(r.Name)
	if name != "" {
		request = request.Name(name)
	}
	return request
}

func (r *resource) newObject(t *testing.T) runtime.Object {
	t.Helper()
	if !r.typed {
		return &unstructured.Unstructured{}
	}
	object, err := scheme.Scheme.New(r.gvk)
	check(t, err)
	return object
}

// into decodes an answer; without a type it must be JSON.
func (r *resource) into(result rest.Result, object runtime.Object) error {
	if r.typed {
		return result.Into(object)
	}
	raw, err := result.Raw()
	if err != nil {
		return err
	}
	return runtime.DecodeInto(unstructured.UnstructuredJSONScheme, raw, object)
}

// typedObject refuses what the Go type does not know.
func (r *resource) typedObject(t *testing.T, object *unstructured.Unstructured) runtime.Object {
	t.Helper()
	if !r.typed {
		return object
	}
	text, err := object.MarshalJSON()
	check(t, err)
	made, _, err := strict.UniversalDeserializer().Decode(text, nil, nil)
	check(t, err)
	return made
}

var strict = serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict)

// discover lists the resources of every served version, without subresources.
func discover(t *testing.T) []*resource {
	t.Helper()
	_, lists, err := clientset(t).Discovery().ServerGroupsAndResources()
	check(t, err)
	var all []*resource
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		check(t, err)
		if strings.HasSuffix(version.Group, ".example.com") {
			continue
		}
		withStatus := map[string]bool{}
		for _, one := range list.APIResources {
			if resource, isStatus := strings.CutSuffix(one.Name, "/status"); isStatus {
				withStatus[resource] = true
			}
		}
		for _, one := range list.APIResources {
			if strings.Contains(one.Name, "/") {
				continue
			}
			gvk := version.WithKind(one.Kind)
			typed := scheme.Scheme.Recognizes(gvk)
			all = append(all, &resource{one, gvk, restClient(t, version, typed), typed, withStatus[one.Name]})
		}
	}
	if len(all) < 60 {
		t.Fatalf("only %d resources", len(all))
	}
	return all
}

func restClient(t *testing.T, version schema.GroupVersion, typed bool) *rest.RESTClient {
	t.Helper()
	config := config(t)
	config.GroupVersion = &version
	config.APIPath = "/apis"
	if version.Group == "" {
		config.APIPath = "/api"
	}
	if typed {
		config.ContentType = protobufType
		config.NegotiatedSerializer = scheme.Codecs.WithoutConversion()
	} else {
		config = dynamic.ConfigFor(config)
	}
	client, err := rest.RESTClientFor(config)
	check(t, err)
	return client
}

func readObjects(t *testing.T) map[schema.GroupVersionKind]*unstructured.Unstructured {
	t.Helper()
	objects := map[schema.GroupVersionKind]*unstructured.Unstructured{}
	for _, text := range strings.Split(objectsYAML, "\n---\n") {
		object := &unstructured.Unstructured{}
		check(t, yaml.Unmarshal([]byte(text), &object.Object))
		objects[object.GroupVersionKind()] = object
	}
	return objects
}

// inNamespace also fills in the references that must be to the object's own namespace.
func inNamespace(t *testing.T, object *unstructured.Unstructured, namespace string) *unstructured.Unstructured {
	t.Helper()
	text, err := json.Marshal(object.Object)
	check(t, err)
	placed := &unstructured.Unstructured{}
	check(t, placed.UnmarshalJSON(bytes.ReplaceAll(text, []byte("NAMESPACE"), []byte(namespace))))
	placed.SetNamespace(namespace)
	return placed
}

// expectAll wants in what was created all that was sent.
func expectAll(t *testing.T, sent, created runtime.Object) {
	t.Helper()
	wanted, err := runtime.DefaultUnstructuredConverter.ToUnstructured(sent)
	check(t, err)
	for _, writeOnly := range []string{"apiVersion", "kind", "stringData"} {
		delete(wanted, writeOnly)
	}
	got, err := runtime.DefaultUnstructuredConverter.ToUnstructured(created)
	check(t, err)
	if path, missing := firstMissing("", wanted, got); missing {
		t.Errorf("sent, and not there: %s", path)
	}
}

// firstMissing is the path of a value that is not the same in the other tree, which may have more members and items.
func firstMissing(path string, wanted, got any) (string, bool) {
	switch wanted := wanted.(type) {
	case map[string]any:
		object, _ := got.(map[string]any)
		for key, value := range wanted {
			if found, missing := firstMissing(path+"."+key, value, object[key]); missing {
				return found, true
			}
		}
		return "", false
	case []any:
		list, _ := got.([]any)
		if len(list) < len(wanted) {
			return path, true
		}
		for i, value := range wanted {
			if found, missing := firstMissing(fmt.Sprintf("%s[%d]", path, i), value, list[i]); missing {
				return found, true
			}
		}
		return "", false
	default:
		return path, !reflect.DeepEqual(wanted, got)
	}
}

// withoutInstance leaves out what differs from one creation to the next.
func withoutInstance(t *testing.T, object runtime.Object) runtime.Object {
	t.Helper()
	accessor := accessor(t, object)
	uid := accessor.GetUID()
	accessor.SetUID("")
	accessor.SetCreationTimestamp(metav1.Time{})
	accessor.SetManagedFields(nil)
	switch object := object.(type) {
	case *batchv1.Job:
		for _, labels := range []map[string]string{object.Labels, object.Spec.Selector.MatchLabels, object.Spec.Template.Labels} {
			for key, value := range labels {
				if value == string(uid) {
					labels[key] = ""
				}
			}
		}
	case *corev1.Service:
		object.Spec.ClusterIP, object.Spec.ClusterIPs = "", nil
		for i := range object.Spec.Ports {
			object.Spec.Ports[i].NodePort = 0
		}
	}
	return object
}

// withoutTypesWithin leaves out what protobuf has no room for: the kind of an object within another.
func withoutTypesWithin(t *testing.T, object runtime.Object) runtime.Object {
	t.Helper()
	claims := func(set *appsv1.StatefulSet) {
		for i := range set.Spec.VolumeClaimTemplates {
			set.Spec.VolumeClaimTemplates[i].TypeMeta = metav1.TypeMeta{}
		}
	}
	switch object := object.(type) {
	case *appsv1.StatefulSet:
		claims(object)
	case *appsv1.StatefulSetList:
		for i := range object.Items {
			claims(&object.Items[i])
		}
	}
	return object
}

func label(t *testing.T, object runtime.Object, name string) {
	t.Helper()
	labels := accessor(t, object).GetLabels()
	if labels == nil {
		labels = map[string]string{}
	}
	labels[name] = "yes"
	accessor(t, object).SetLabels(labels)
}

func accessor(t *testing.T, object runtime.Object) metav1.Object {
	t.Helper()
	found, err := meta.Accessor(object)
	check(t, err)
	return found
}

func versionOf(t *testing.T, object runtime.Object) string {
	t.Helper()
	version, err := meta.NewAccessor().ResourceVersion(object)
	check(t, err)
	return version
}

func equal(t *testing.T, what string, left, right any) {
	t.Helper()
	if !apiequality.Semantic.DeepEqual(left, right) {
		t.Errorf("not the same %s: %s", what, diff.Diff(left, right))
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
